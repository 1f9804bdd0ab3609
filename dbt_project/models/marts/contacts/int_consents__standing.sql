-- grain: one row per customer, purpose and contact channel: the newest event of who is known first
with

attributed as (

    select * from {{ ref('int_consents__attributed') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, purpose, contact_channel
            order by
                speaks_from asc,
                occurred_at desc,
                case status when 'erasure_requested' then 0 when 'withdrawn' then 1 else 2 end,
                consent_event_key desc
        ) as recency
    from attributed

)

select
    customer_id,
    purpose,
    contact_channel,
    status = 'granted' as is_granted,
    occurred_at,
    jurisdiction
from ranked
where recency = 1
