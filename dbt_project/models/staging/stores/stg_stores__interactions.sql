-- grain: one row per receipt and per return
with

receipts as (

    select * from {{ ref('base_stores__receipts') }}
    where _is_latest

),

returns as (

    select * from {{ ref('base_stores__returns') }}
    where _is_latest

)

select
    'stores|receipts|' || receipt_id as interaction_key,
    {{ record_id('stores', "'receipts'", 'receipt_id') }} as record_id,
    'stores' as channel,
    'receipts' as stream,
    receipt_id as record_key,
    'purchase' as interaction_type,
    sold_at as occurred_at,
    cast(null as varchar) as device_type,
    cast(null as varchar) as sku,
    cast(null as varchar) as category,
    cast(null as varchar) as campaign,
    email
from receipts
union all
select
    'stores|returns|' || return_id as interaction_key,
    {{ record_id('stores', "'receipts'", 'receipt_id') }} as record_id,
    'stores' as channel,
    'receipts' as stream,
    receipt_id as record_key,
    'return' as interaction_type,
    returned_at as occurred_at,
    null as device_type,
    sku,
    null as category,
    null as campaign,
    null as email
from returns
