-- grain: one row per record and identifier as given
with

customers as (

    select * from {{ ref('base_shop__customers') }}

),

orders as (

    select
        *,
        case when account_id is null then 'orders' else 'customers' end as stream,
        coalesce(account_id, order_id) as record_key
    from {{ ref('base_shop__orders') }}

),

carts as (

    select
        *,
        case when account_id is null then 'carts' else 'customers' end as stream,
        coalesce(account_id, cart_id) as record_key
    from {{ ref('base_shop__carts') }}

),

web_events as (

    select * from {{ ref('base_shop__web_events') }}
    where _is_latest

),

sessions as (

    select
        session_id,
        account_id,
        email,
        loyalty_id,
        cookie_id,
        device_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from web_events
    group by session_id, account_id, email, loyalty_id, cookie_id, device_id

),

wide as (

    select
        'customers' as stream,
        account_id as record_key,
        account_id,
        email,
        phone,
        loyalty_id,
        cookie_id,
        device_id,
        country,
        {{ known_since('created_at') }} as first_seen_at,
        updated_at as last_seen_at,
        _is_latest as is_current
    from customers
    union all
    select
        stream,
        record_key,
        account_id,
        email,
        phone,
        null as loyalty_id,
        cookie_id,
        null as device_id,
        country,
        {{ known_since('ordered_at') }} as first_seen_at,
        ordered_at as last_seen_at,
        _is_latest as is_current
    from orders
    union all
    select
        stream,
        record_key,
        account_id,
        email,
        null as phone,
        null as loyalty_id,
        cookie_id,
        null as device_id,
        null as country,
        {{ known_since('created_at') }} as first_seen_at,
        updated_at as last_seen_at,
        _is_latest as is_current
    from carts
    union all
    select
        'web_events' as stream,
        session_id as record_key,
        account_id,
        email,
        null as phone,
        loyalty_id,
        cookie_id,
        device_id,
        null as country,
        first_seen_at,
        last_seen_at,
        true as is_current
    from sessions

)

{{ long_identifiers('shop', 'wide', [
    'account_id', 'email', 'phone', 'loyalty_id', 'cookie_id', 'device_id',
]) }}
