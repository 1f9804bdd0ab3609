-- grain: one row per customer with an order
with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null

),

lines as (

    select * from {{ ref('fct_order_lines') }}
    where
        customer_id is not null
        and not is_cancelled
        and quantity > 0
        and category is not null

),

totals as (

    select
        customer_id,
        count(*) filter (where is_sale) as count_orders,
        count(*) filter (where is_sale and channel = 'stores') as count_store_orders,
        count(*) filter (where is_sale and channel = 'shop') as count_web_orders,
        -- an order in a currency without a rate is counted, and is in no amount
        count(company_amount) filter (where is_sale) as count_priced_orders,
        cast(coalesce(sum(company_net_amount), 0) as decimal(18, 4)) as total_amount,
        cast(sum(company_amount) filter (where is_sale) as decimal(18, 4)) as sales_amount,
        cast(coalesce(sum(company_net_amount) filter (
            where ordered_at >= {{ day_end(days_before=365) }}
        ), 0) as decimal(18, 4)) as year_amount,
        min(ordered_at) filter (where is_sale) as first_ordered_at,
        max(ordered_at) filter (where is_sale) as last_ordered_at
    from orders
    group by customer_id

),

by_channel as (

    select
        customer_id,
        channel,
        count(*) as count_orders,
        max(ordered_at) as last_ordered_at
    from orders
    where is_sale
    group by customer_id, channel

),

by_store as (

    select
        customer_id,
        store_id,
        count(*) as count_orders,
        max(ordered_at) as last_ordered_at
    from orders
    where
        is_sale
        and store_id is not null
    group by customer_id, store_id

),

by_category as (

    select
        customer_id,
        category,
        sum(quantity) as quantity
    from lines
    group by customer_id, category

),

preferred_channels as (

    select
        customer_id,
        max_by(channel, (count_orders, last_ordered_at, channel)) as channel
    from by_channel
    group by customer_id

),

favourite_stores as (

    select
        customer_id,
        max_by(store_id, (count_orders, last_ordered_at, store_id)) as store_id
    from by_store
    group by customer_id

),

favourite_categories as (

    select
        customer_id,
        max_by(category, (quantity, category)) as category
    from by_category
    group by customer_id

)

select
    totals.customer_id,
    totals.count_orders,
    totals.count_store_orders,
    totals.count_web_orders,
    totals.total_amount,
    totals.year_amount,
    cast(round(totals.sales_amount / nullif(totals.count_priced_orders, 0), 4) as decimal(18, 4))
        as average_basket_amount,
    totals.first_ordered_at,
    totals.last_ordered_at,
    {{ code_value('favourite_categories.category') }} as favourite_category,
    {{ code_value('favourite_stores.store_id') }} as favourite_store_id,
    preferred_channels.channel as preferred_buying_channel
from totals
left join favourite_categories on totals.customer_id = favourite_categories.customer_id
left join favourite_stores on totals.customer_id = favourite_stores.customer_id
left join preferred_channels on totals.customer_id = preferred_channels.customer_id
