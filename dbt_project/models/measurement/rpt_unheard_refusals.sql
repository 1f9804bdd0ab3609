-- grain: one row per withdrawal or erasure request that reached no customer
with

consents as (

    select * from {{ ref('int_consents__unioned') }}
    where status <> 'granted'

),

heard as (

    select distinct consent_event_key from {{ ref('int_consents__attributed') }}

),

named as (

    select distinct consent_event_key from {{ ref('int_consents__addresses') }}

)

select
    consents.consent_event_key,
    consents.channel,
    consents.stream,
    consents.record_key,
    consents.purpose,
    consents.contact_channel,
    consents.status,
    consents.occurred_at,
    consents.jurisdiction,
    case
        when named.consent_event_key is not null then 'nobody_has_the_address'
        when consents.record_id is not null then 'record_not_landed'
        when coalesce(consents.email_as_given, consents.phone_as_given) is not null
            then 'address_unreadable'
        else 'names_nobody'
    end as reason
from consents
left join heard on consents.consent_event_key = heard.consent_event_key
left join named on consents.consent_event_key = named.consent_event_key
where heard.consent_event_key is null
