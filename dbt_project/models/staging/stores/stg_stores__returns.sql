-- grain: one row per return
with

returns as (

    select * from {{ ref('base_stores__returns') }}
    where _is_latest

)

select
    'stores|' || return_id as return_key,
    'stores|' || receipt_id as order_key,
    {{ record_id('stores', "'receipts'", 'receipt_id') }} as record_id,
    'stores' as channel,
    'receipts' as stream,
    receipt_id as record_key,
    returned_at,
    sku,
    quantity,
    amount,
    currency,
    reason
from returns
