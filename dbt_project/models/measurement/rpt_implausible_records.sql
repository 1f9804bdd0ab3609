-- grain: one row per record that shows more people than one record can
with

identifiers as (

    select * from {{ ref('int_identifiers__unioned') }}

),

types as (

    select * from {{ ref('identifier_types') }}
    where is_personal

),

counted as (

    select
        identifiers.record_id,
        identifiers.channel,
        identifiers.stream,
        identifiers.record_key,
        identifiers.identifier_type,
        count(*) as count_values
    from identifiers
    inner join types on identifiers.identifier_type = types.identifier_type
    group by
        identifiers.record_id,
        identifiers.channel,
        identifiers.stream,
        identifiers.record_key,
        identifiers.identifier_type
    having count(*) > {{ var('identity_max_values') }}

)

select
    channel,
    stream,
    record_key,
    cast(max(count_values) as integer) as count_values,
    max_by(identifier_type, (count_values, identifier_type)) as identifier_type
from counted
group by channel, stream, record_key
