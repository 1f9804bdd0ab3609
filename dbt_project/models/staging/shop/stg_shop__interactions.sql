-- grain: one row per web event and per web order
with

web_events as (

    select * from {{ ref('base_shop__web_events') }}
    where _is_latest

),

orders as (

    select
        *,
        case when account_id is null then 'orders' else 'customers' end as stream,
        coalesce(account_id, order_id) as record_key
    from {{ ref('base_shop__orders') }}
    where _is_latest

)

select
    'shop|web_events|' || event_id as interaction_key,
    {{ record_id('shop', "'web_events'", 'session_id') }} as record_id,
    'shop' as channel,
    'web_events' as stream,
    session_id as record_key,
    event_type as interaction_type,
    occurred_at,
    device_type,
    sku,
    category,
    cast(null as varchar) as campaign,
    email
from web_events
union all
select
    'shop|orders|' || order_id as interaction_key,
    {{ record_id('shop', 'stream', 'record_key') }} as record_id,
    'shop' as channel,
    stream,
    record_key,
    'purchase' as interaction_type,
    ordered_at as occurred_at,
    device_type,
    null as sku,
    null as category,
    null as campaign,
    email
from orders
