-- grain: one row per channel, stream and identifier type with a value that nobody could read
with

given as (

    select * from {{ ref('int_identifiers__given') }}
    where
        is_unreadable
        and is_current

)

select
    channel,
    stream,
    identifier_type,
    cast(count(distinct record_id) as integer) as count_records,
    min(record_key) as example_record_key
from given
group by channel, stream, identifier_type
