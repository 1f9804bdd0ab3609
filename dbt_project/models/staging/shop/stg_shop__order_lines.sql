-- grain: one row per line of a web order
with

current_lines as (

    {{ current_parts(
        'base_shop__order_lines', 'base_shop__orders',
        document_key=['order_id'], key=['order_id', 'line_number'],
    ) }}

)

select
    'shop|' || order_id as order_key,
    line_number,
    'shop' as channel,
    sku,
    category,
    description,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount
from current_lines
