-- grain: one row per consent event: granted, withdrawn, or erasure asked for
with

unioned as (

    {{ union_channels('consents', [
        'consent_event_key',
        'record_id',
        'channel',
        'stream',
        'record_key',
        'email',
        'phone',
        'purpose',
        'contact_channel',
        'status',
        'occurred_at',
        'jurisdiction',
        'text_version',
    ]) }}

),

phone_numbers as (

    select * from {{ source('lookups', 'phone_numbers') }}

),

addressed as (

    select
        unioned.* exclude (email, phone),
        {{ normalise_email('unioned.email') }} as email,
        phone_numbers.e164 as phone
    from unioned
    left join phone_numbers
        on {{ phone_lookup_key('unioned.phone', 'null') }} = phone_numbers.lookup_key

),

chosen as (

    select
        * exclude (email, phone),
        case
            when contact_channel in ('sms', 'phone', 'messenger') then coalesce(phone, email)
            else coalesce(email, phone)
        end as address
    from addressed

)

select
    *,
    case when address like '%@%' then 'email' when address is not null then 'phone' end
        as identifier_type,
    case when address like '%@%' then {{ match_email('address') }} else address end
        as identifier_value
from chosen
