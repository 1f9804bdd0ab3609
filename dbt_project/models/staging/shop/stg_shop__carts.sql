-- grain: one row per cart
with

carts as (

    select
        *,
        case when account_id is null then 'carts' else 'customers' end as stream,
        coalesce(account_id, cart_id) as record_key
    from {{ ref('base_shop__carts') }}
    where _is_latest

)

select
    'shop|' || cart_id as cart_key,
    {{ record_id('shop', 'stream', 'record_key') }} as record_id,
    'shop' as channel,
    stream,
    record_key,
    created_at,
    updated_at,
    status,
    currency,
    total_amount as amount
from carts
