-- grain: one row per order or store receipt; cancelled and negative ones stay, marked
with

orders as (

    select * from {{ ref('int_orders__unioned') }}

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

)

select
    orders.order_key,
    customers.customer_id,
    orders.channel,
    orders.stream,
    orders.record_key,
    orders.order_id,
    orders.ordered_at,
    {{ local_date('orders.ordered_at') }} as ordered_date,
    orders.status,
    orders.is_cancelled,
    orders.amount < 0 as is_negative,
    not orders.is_cancelled and orders.amount >= 0 as is_sale,
    orders.store_id,
    orders.device_type,
    orders.currency,
    cast(orders.amount as decimal(18, 4)) as amount,
    -- a cancelled sale brings nothing; a document below zero takes back what another one brought
    cast(
        case when orders.is_cancelled and orders.amount >= 0 then 0 else orders.amount end
        as decimal(18, 4)
    ) as net_amount,
    cast(coalesce(line_counts.count_lines, 0) as integer) as count_lines
from orders
left join customers on orders.record_id = customers.record_id
left join line_counts on orders.order_key = line_counts.order_key
