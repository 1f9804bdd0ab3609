-- grain: one row per subscriber
with

subscribers as (

    select * from {{ ref('base_email__subscribers') }}
    where _is_latest

)

select
    {{ record_id('email', "'subscribers'", 'subscriber_id') }} as record_id,
    'email' as channel,
    'subscribers' as stream,
    subscriber_id as record_key,
    _first_arrived as arrived_date,
    created_at as first_seen_at,
    updated_at as last_seen_at,
    first_name,
    last_name,
    cast(null as date) as birth_date,
    cast(null as varchar) as gender,
    cast(null as varchar) as street,
    cast(null as varchar) as postcode,
    cast(null as varchar) as city,
    cast(null as varchar) as country,
    cast(null as varchar) as language,
    cast(null as varchar) as time_zone
from subscribers
