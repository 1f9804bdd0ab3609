-- grain: one row per order or store receipt; cancelled and negative ones stay, marked
with

orders as (

    select
        * exclude (currency),
        {{ normalise_currency('currency') }} as currency,
        {{ local_date('ordered_at') }} as ordered_date
    from {{ ref('int_orders__unioned') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__periods') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

line_counts as (

    select
        order_key,
        count(*) as count_lines
    from {{ ref('int_order_lines__unioned') }}
    group by order_key

),

-- a cancelled sale brings nothing; a document below zero takes back what another one brought
priced as (

    select
        orders.*,
        case when orders.is_cancelled and orders.amount >= 0 then 0 else orders.amount end
            as net_amount,
        {{ exchange_rate('orders.currency', 'rates') }} as exchange_rate
    from orders
    left join rates on {{ rate_applies('rates', 'orders.currency', 'orders.ordered_date') }}

)

select
    priced.order_key,
    customers.customer_id,
    priced.channel,
    priced.stream,
    priced.record_key,
    priced.order_id,
    priced.ordered_at,
    priced.ordered_date,
    priced.status,
    priced.is_cancelled,
    priced.amount < 0 as is_negative,
    not priced.is_cancelled and priced.amount >= 0 as is_sale,
    priced.store_id,
    priced.device_type,
    priced.currency,
    cast(priced.amount as decimal(18, 4)) as amount,
    cast(priced.net_amount as decimal(18, 4)) as net_amount,
    cast(priced.exchange_rate as decimal(18, 10)) as exchange_rate,
    {{ in_company_currency('priced.amount', 'priced.exchange_rate') }} as company_amount,
    {{ in_company_currency('priced.net_amount', 'priced.exchange_rate') }} as company_net_amount,
    cast(coalesce(line_counts.count_lines, 0) as integer) as count_lines
from priced
left join customers on priced.record_id = customers.record_id
left join line_counts on priced.order_key = line_counts.order_key
