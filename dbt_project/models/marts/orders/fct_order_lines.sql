-- grain: one row per line of an order or store receipt
with

lines as (

    select * from {{ ref('int_order_lines__unioned') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    lines.order_key,
    cast(lines.line_number as integer) as line_number,
    orders.customer_id,
    lines.channel,
    orders.ordered_at,
    lines.sku,
    lines.category,
    lines.description,
    cast(lines.quantity as bigint) as quantity,
    cast(lines.unit_price as decimal(18, 4)) as unit_price,
    cast(lines.amount as decimal(18, 4)) as amount,
    orders.currency,
    {{ in_company_currency('lines.amount', 'orders.exchange_rate') }} as company_amount,
    coalesce(orders.is_cancelled, false) as is_cancelled
from lines
left join orders on lines.order_key = orders.order_key
