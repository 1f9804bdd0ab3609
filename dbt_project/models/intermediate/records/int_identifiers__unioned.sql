-- grain: one row per record, identifier type and normalised value
with

given as (

    select * from {{ ref('int_identifiers__given') }}

),

placeholders as (

    select * from {{ ref('placeholders') }}

)

select
    given.record_id,
    given.channel,
    given.stream,
    given.record_key,
    given.identifier_type,
    given.identifier_value,
    max_by(given.address, (given.last_seen_at, given.address)) filter (where given.is_current)
        as address,
    min(given.first_seen_at) as first_seen_at,
    max(given.last_seen_at) filter (where given.is_current) as last_seen_at
from given
anti join placeholders
    on
        given.identifier_type = placeholders.identifier_type
        and lower(given.identifier_value) = placeholders.value
where given.identifier_value is not null
group by
    given.record_id,
    given.channel,
    given.stream,
    given.record_key,
    given.identifier_type,
    given.identifier_value
-- what the channel no longer says is no identifier; it shows only since when a value is known
having bool_or(given.is_current)
