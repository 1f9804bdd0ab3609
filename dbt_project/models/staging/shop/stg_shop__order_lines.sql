-- grain: one row per line of a web order
with

order_lines as (

    select * from {{ ref('base_shop__order_lines') }}
    where _is_latest

),

-- lines come with their order: those of its newest landing hold, a line since removed does not
current_lines as (

    select *
    from order_lines
    qualify _date = max(_date) over (partition by order_id)

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
