-- grain: one row per record that belongs to a customer
with

components as (

    select
        record_number,
        component
    from {{ ref('int_identity__device_components') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

anchors as (

    select
        components.component,
        min_by(
            records.record_id,
            (records.arrived_date, records.channel, records.stream, records.record_key)
        ) as anchor
    from components
    inner join records on components.record_number = records.record_number
    group by components.component

)

select
    records.record_id,
    records.channel,
    records.stream,
    records.record_key,
    'c' || left({{ sha256_hex('anchors.anchor') }}, 16) as customer_id,
    records.arrived_date
from records
inner join components on records.record_number = components.record_number
inner join anchors on components.component = anchors.component
