-- grain: one row per receipt
with

receipts as (

    select * from {{ ref('base_stores__receipts') }}
    where _is_latest

)

select
    'stores|' || receipt_id as order_key,
    {{ record_id('stores', "'receipts'", 'receipt_id') }} as record_id,
    'stores' as channel,
    'receipts' as stream,
    receipt_id as record_key,
    receipt_id as order_id,
    sold_at as ordered_at,
    'paid' as status,
    false as is_cancelled,
    store_id,
    cast(null as varchar) as device_type,
    currency,
    total_amount as amount
from receipts
