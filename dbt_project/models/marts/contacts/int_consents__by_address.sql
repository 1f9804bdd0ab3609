-- grain: one row per purpose, contact channel and mailbox or number: the newest event that names it
with

consents as (

    select
        consents.*,
        named.identifier_type,
        named.identifier_value
    from {{ ref('int_consents__unioned') }} as consents
    inner join {{ ref('int_consents__addresses') }} as named
        on consents.consent_event_key = named.consent_event_key

),

ranked as (

    select
        *,
        row_number() over (
            partition by identifier_type, identifier_value, purpose, contact_channel
            order by
                occurred_at desc,
                case status when 'erasure_requested' then 0 when 'withdrawn' then 1 else 2 end,
                consent_event_key desc
        ) as recency
    from consents

)

select
    identifier_type,
    identifier_value,
    purpose,
    contact_channel,
    status = 'granted' as is_granted,
    occurred_at
from ranked
where recency = 1
