-- grain: one row per record that has an identifier; those that must be linked share a component
with

records as (

    select distinct
        record_id,
        record_number
    from {{ ref('int_identity__identifiers') }}

),

always_links as (

    select
        record_a.record_number as a,
        record_b.record_number as b
    from {{ ref('identity_overrides') }} as pair
    inner join records as record_a on pair.record_a = record_a.record_id
    inner join records as record_b on pair.record_b = record_b.record_id
    where pair.link = 'always'

),

{{ contract('always_links') }}

select
    records.record_number,
    coalesce(contracted.component, records.record_number) as component
from records
left join contracted on records.record_number = contracted.node
