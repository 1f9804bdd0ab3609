-- grain: one row per line of a receipt
with

receipt_lines as (

    select * from {{ ref('base_stores__receipt_lines') }}
    where _is_latest

)

select
    'stores|' || receipt_id as order_key,
    line_number,
    'stores' as channel,
    sku,
    category,
    description,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount
from receipt_lines
