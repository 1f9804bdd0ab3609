-- grain: one row per consent event
with

contacts as (

    select contact_id from {{ ref('base_crm__contacts') }}
    where _is_latest

),

consents as (

    select
        events.* exclude (contact_id),
        -- a contact that has not landed says nothing of who it is where a subscriber is named, too
        case
            when contacts.contact_id is not null or events.subscriber_id is null
                then events.contact_id
        end as contact_id
    from {{ ref('base_crm__consents') }} as events
    left join contacts on events.contact_id = contacts.contact_id
    where events._is_latest

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
