-- grain: one row per record and identifier as given
with

subscribers as (

    select * from {{ ref('base_email__subscribers') }}

),

wide as (

    select
        'subscribers' as stream,
        subscriber_id as record_key,
        subscriber_id,
        email,
        cookie_id,
        device_id,
        null as country,
        {{ known_since('created_at') }} as first_seen_at,
        updated_at as last_seen_at,
        _is_latest as is_current
    from subscribers

)

{{ long_identifiers('email', 'wide', ['subscriber_id', 'email', 'cookie_id', 'device_id']) }}
