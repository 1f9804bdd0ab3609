-- grain: one row per thing a recipient did with an e-mail
with

events as (

    select * from {{ ref('base_email__events') }}
    where _is_latest

)

select
    'email|events|' || event_id as interaction_key,
    cast(null as varchar) as record_id,
    'email' as channel,
    'events' as stream,
    cast(null as varchar) as record_key,
    'email_' || event_type as interaction_type,
    occurred_at,
    device_type,
    cast(null as varchar) as sku,
    cast(null as varchar) as category,
    campaign,
    recipient as email
from events
where event_type in ('open', 'click', 'unsubscribe', 'complaint')
