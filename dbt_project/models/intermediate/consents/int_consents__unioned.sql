-- grain: one row per consent event: granted, withdrawn, or erasure asked for
with

unioned as (

    {{ union_channels('consents', {
        'consent_event_key': 'varchar',
        'record_id': 'varchar',
        'channel': 'varchar',
        'stream': 'varchar',
        'record_key': 'varchar',
        'email': 'varchar',
        'phone': 'varchar',
        'purpose': 'varchar',
        'contact_channel': 'varchar',
        'status': 'varchar',
        'occurred_at': 'timestamptz',
        'is_from_future': 'boolean',
        'jurisdiction': 'varchar',
        'text_version': 'varchar',
    }) }}

),

phone_numbers as (

    select * from {{ source('lookups', 'phone_numbers') }}

),

addressed as (

    select
        unioned.* exclude (email, phone),
        unioned.email as email_as_given,
        unioned.phone as phone_as_given,
        normal_email(unioned.email) as email,
        phone_numbers.e164 as phone
    from unioned
    left join phone_numbers
        on
            {{ phone_lookup_key('unioned.phone', 'unioned.jurisdiction') }}
            = phone_numbers.lookup_key
    -- nobody has agreed in the future yet; a refusal dated there holds from the day it arrived
    where not (unioned.status = 'granted' and unioned.is_from_future)

)

select
    *,
    case
        when contact_channel in ('sms', 'phone', 'messenger') then coalesce(phone, email)
        else coalesce(email, phone)
    end as address
from addressed
