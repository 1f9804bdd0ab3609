-- grain: one row per web order
with

orders as (

    select
        *,
        case when account_id is null then 'orders' else 'customers' end as stream,
        coalesce(account_id, order_id) as record_key
    from {{ ref('base_shop__orders') }}
    where _is_latest

)

select
    'shop|' || order_id as order_key,
    {{ record_id('shop', 'stream', 'record_key') }} as record_id,
    'shop' as channel,
    stream,
    record_key,
    order_id,
    ordered_at,
    status,
    status = 'cancelled' as is_cancelled,
    cast(null as varchar) as store_id,
    device_type,
    currency,
    total_amount as amount
from orders
