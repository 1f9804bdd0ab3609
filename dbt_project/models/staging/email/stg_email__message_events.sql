-- grain: one row per event that a message caused
with

events as (

    select * from {{ ref('base_email__events') }}
    where _is_latest

)

select
    'email|' || event_id as event_key,
    'email' as channel,
    message_id,
    event_type,
    occurred_at,
    recipient as email,
    campaign,
    reason
from events
