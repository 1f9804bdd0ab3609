-- grain: one row per customer, that is per person as far as we know; nothing here names them
with

described as (

    select * from {{ ref('int_customers__described') }}

),

known as (

    select * from {{ ref('int_customers__known') }}

),

purchases as (

    select * from {{ ref('int_customers__purchases') }}

),

behaviour as (

    select * from {{ ref('int_customers__behaviour') }}

),

loyalty as (

    select * from {{ ref('int_customers__loyalty') }}

),

returns as (

    select
        customer_id,
        count(*) as count_returns,
        cast(sum(company_amount) as decimal(18, 4)) as returned_amount
    from {{ ref('fct_returns') }}
    where customer_id is not null
    group by customer_id

),

joined as (

    select
        described.*,
        purchases.count_orders,
        purchases.count_store_orders,
        purchases.count_web_orders,
        purchases.total_amount,
        purchases.year_amount,
        purchases.average_basket_amount,
        purchases.first_ordered_at,
        purchases.last_ordered_at,
        purchases.favourite_category,
        purchases.favourite_store_id,
        purchases.preferred_buying_channel,
        behaviour.last_interacted_at,
        behaviour.count_web_events,
        behaviour.last_visited_at,
        behaviour.count_email_opens,
        behaviour.count_email_clicks,
        behaviour.preferred_device,
        returns.count_returns,
        returns.returned_amount,
        known.customer_id is not null as is_known,
        loyalty.customer_id is not null as is_loyalty_member,
        loyalty.loyalty_tier,
        loyalty.loyalty_points,
        {{ business_date() }} - {{ local_date('purchases.last_ordered_at') }} as days_since_order
    from described
    left join known on described.customer_id = known.customer_id
    left join purchases on described.customer_id = purchases.customer_id
    left join behaviour on described.customer_id = behaviour.customer_id
    left join returns on described.customer_id = returns.customer_id
    left join loyalty on described.customer_id = loyalty.customer_id

)

select
    customer_id,
    is_known,
    first_seen_at,
    greatest(last_seen_at, coalesce(last_interacted_at, last_seen_at)) as last_seen_at,
    first_seen_channel,
    country,
    language,
    time_zone,
    gender,
    cast(birth_year as integer) as birth_year,
    cast(count_records as integer) as count_records,
    cast(count_channels as integer) as count_channels,
    cast(coalesce(count_orders, 0) as integer) as count_orders,
    cast(coalesce(count_store_orders, 0) as integer) as count_store_orders,
    cast(coalesce(count_web_orders, 0) as integer) as count_web_orders,
    coalesce(total_amount, 0) as total_amount,
    coalesce(year_amount, 0) as year_amount,
    average_basket_amount,
    first_ordered_at,
    last_ordered_at,
    cast(coalesce(count_returns, 0) as integer) as count_returns,
    coalesce(returned_amount, 0) as returned_amount,
    cast(coalesce(count_web_events, 0) as integer) as count_web_events,
    last_visited_at,
    cast(coalesce(count_email_opens, 0) as integer) as count_email_opens,
    cast(coalesce(count_email_clicks, 0) as integer) as count_email_clicks,
    favourite_category,
    favourite_store_id,
    preferred_buying_channel,
    preferred_device,
    loyalty_tier,
    loyalty_points,
    is_loyalty_member,
    case
        when coalesce(count_orders, 0) = 0 then 'prospect'
        when days_since_order <= 30 and count_orders >= 5 then 'champion'
        when days_since_order <= 30 and count_orders = 1 then 'new'
        when days_since_order <= 90 and count_orders >= 3 then 'loyal'
        when days_since_order <= 90 then 'active'
        when days_since_order <= 180 and count_orders >= 3 then 'at_risk'
        when days_since_order <= 365 then 'lapsing'
        else 'lost'
    end as rfm_segment
from joined
