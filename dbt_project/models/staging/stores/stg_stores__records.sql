-- grain: one row per receipt
with

receipts as (

    select * from {{ ref('base_stores__receipts') }}
    where _is_latest

)

select
    {{ record_id('stores', "'receipts'", 'receipt_id') }} as record_id,
    'stores' as channel,
    'receipts' as stream,
    receipt_id as record_key,
    _first_arrived as arrived_date,
    sold_at as first_seen_at,
    sold_at as last_seen_at,
    first_name,
    last_name,
    birth_date,
    cast(null as varchar) as gender,
    street,
    postcode,
    city,
    country,
    cast(null as varchar) as language,
    cast(null as varchar) as time_zone
from receipts
