-- grain: one row per account, guest order, guest cart or web session
with

customers as (

    select * from {{ ref('base_shop__customers') }}
    where _is_latest

),

orders as (

    select * from {{ ref('base_shop__orders') }}
    where _is_latest

),

carts as (

    select * from {{ ref('base_shop__carts') }}
    where _is_latest

),

web_events as (

    select * from {{ ref('base_shop__web_events') }}
    where _is_latest

),

mentions as (

    select
        'customers' as stream,
        account_id as record_key,
        _first_arrived,
        created_at as seen_at
    from customers
    union all
    select
        case when account_id is null then 'orders' else 'customers' end as stream,
        coalesce(account_id, order_id) as record_key,
        _first_arrived,
        ordered_at as seen_at
    from orders
    union all
    select
        case when account_id is null then 'carts' else 'customers' end as stream,
        coalesce(account_id, cart_id) as record_key,
        _first_arrived,
        created_at as seen_at
    from carts
    union all
    select
        'web_events' as stream,
        session_id as record_key,
        _first_arrived,
        occurred_at as seen_at
    from web_events

),

seen as (

    select
        stream,
        record_key,
        min(_first_arrived) as arrived_date,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at
    from mentions
    group by stream, record_key

),

-- an account that only orders mention (its own row not landed yet) is described by its last order
order_profiles as (

    select
        case when account_id is null then 'orders' else 'customers' end as stream,
        coalesce(account_id, order_id) as record_key,
        first_name,
        last_name,
        country
    from orders
    qualify row_number() over (
        partition by coalesce(account_id, order_id), account_id is null
        order by ordered_at desc, order_id desc
    ) = 1

)

select
    {{ record_id('shop', 'seen.stream', 'seen.record_key') }} as record_id,
    'shop' as channel,
    seen.stream,
    seen.record_key,
    seen.arrived_date,
    seen.first_seen_at,
    seen.last_seen_at,
    case
        when customers.account_id is null then order_profiles.first_name
        else customers.first_name
    end as first_name,
    case
        when customers.account_id is null then order_profiles.last_name
        else customers.last_name
    end as last_name,
    customers.birth_date,
    cast(null as varchar) as gender,
    customers.street,
    customers.postcode,
    customers.city,
    case
        when customers.account_id is null then order_profiles.country
        else customers.country
    end as country,
    cast(null as varchar) as language,
    cast(null as varchar) as time_zone
from seen
left join customers
    on
        seen.stream = 'customers'
        and seen.record_key = customers.account_id
left join order_profiles
    on
        seen.stream = order_profiles.stream
        and seen.record_key = order_profiles.record_key
