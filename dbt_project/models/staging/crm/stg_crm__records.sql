-- grain: one row per contact
with

contacts as (

    select * from {{ ref('base_crm__contacts') }}
    where _is_latest

)

select
    {{ record_id('crm', "'contacts'", 'contact_id') }} as record_id,
    'crm' as channel,
    'contacts' as stream,
    contact_id as record_key,
    _first_arrived as arrived_date,
    created_at as first_seen_at,
    updated_at as last_seen_at,
    first_name,
    last_name,
    birth_date,
    gender,
    street,
    postcode,
    city,
    country,
    language,
    time_zone
from contacts
