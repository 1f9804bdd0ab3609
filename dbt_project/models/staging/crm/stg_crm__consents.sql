-- grain: one row per consent event
with

consents as (

    select * from {{ ref('base_crm__consents') }}
    where _is_latest

)

select
    'crm|' || consent_event_id as consent_event_key,
    case
        when contact_id is not null then {{ record_id('crm', "'contacts'", 'contact_id') }}
        else {{ record_id('email', "'subscribers'", 'subscriber_id') }}
    end as record_id,
    'crm' as channel,
    case
        when contact_id is not null then 'contacts'
        when subscriber_id is not null then 'subscribers'
    end as stream,
    coalesce(contact_id, subscriber_id) as record_key,
    email,
    phone,
    purpose,
    channel as contact_channel,
    status,
    occurred_at,
    _is_from_future as is_from_future,
    jurisdiction,
    text_version
from consents
