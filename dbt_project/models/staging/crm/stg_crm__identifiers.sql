-- grain: one row per record and identifier as given
with

contacts as (

    select * from {{ ref('base_crm__contacts') }}

),

wide as (

    select
        'contacts' as stream,
        contact_id as record_key,
        contact_id,
        loyalty_id,
        email,
        phone,
        country,
        {{ known_since('created_at') }} as first_seen_at,
        updated_at as last_seen_at,
        _is_latest as is_current
    from contacts

)

{{ long_identifiers('crm', 'wide', ['contact_id', 'loyalty_id', 'email', 'phone']) }}
