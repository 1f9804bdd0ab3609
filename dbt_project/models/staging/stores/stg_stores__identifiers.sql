-- grain: one row per record and identifier as given
with

receipts as (

    select * from {{ ref('base_stores__receipts') }}

),

-- a return can name the card that its receipt lacks
returns as (

    select * from {{ ref('base_stores__returns') }}
    where _is_latest

),

wide as (

    select
        'receipts' as stream,
        receipt_id as record_key,
        loyalty_id,
        email,
        phone,
        country,
        {{ known_since('sold_at') }} as first_seen_at,
        sold_at as last_seen_at,
        _is_latest as is_current
    from receipts
    union all
    select
        'receipts' as stream,
        returns.receipt_id as record_key,
        returns.loyalty_id,
        null as email,
        null as phone,
        null as country,
        returns.returned_at as first_seen_at,
        returns.returned_at as last_seen_at,
        true as is_current
    from returns
    inner join receipts
        on
            returns.receipt_id = receipts.receipt_id
            and receipts._is_latest

)

{{ long_identifiers('stores', 'wide', ['loyalty_id', 'email', 'phone']) }}
