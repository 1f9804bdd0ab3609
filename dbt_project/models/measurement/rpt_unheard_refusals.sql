-- grain: one row per withdrawal or erasure request that reached nobody, or less than it may mean
with

consents as (

    select * from {{ ref('int_consents__unioned') }}
    where status <> 'granted'

),

heard as (

    select distinct consent_event_key from {{ ref('int_consents__attributed') }}

),

contact_points as (

    select * from {{ ref('dim_contact_points') }}
    where is_confirmed

),

attributed as (

    select * from {{ ref('int_consents__attributed') }}
    where status <> 'granted'

),

standing as (

    select * from {{ ref('int_consents__standing') }}
    where is_granted

),

-- It came with a value that anybody can know, so it holds for its own: a person confirms the rest.
waiting as (

    select attributed.consent_event_key
    from attributed
    inner join contact_points on attributed.customer_id = contact_points.customer_id
    where
        attributed.status = 'erasure_requested'
        and contact_points.suppression_reason is distinct from 'erasure_requested'
    union
    select attributed.consent_event_key
    from attributed
    inner join contact_points
        on
            attributed.customer_id = contact_points.customer_id
            and attributed.contact_channel = contact_points.channel
    where
        attributed.purpose = 'marketing'
        and contact_points.has_marketing_consent
        and attributed.occurred_at > contact_points.marketing_consent_at
    union
    select attributed.consent_event_key
    from attributed
    inner join standing
        on
            attributed.customer_id = standing.customer_id
            and attributed.purpose = standing.purpose
            and attributed.contact_channel = standing.contact_channel
    where
        attributed.contact_channel not in ('email', 'sms')
        and attributed.occurred_at > standing.occurred_at

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
        when waiting.consent_event_key is not null then 'waits_for_confirmation'
        when named.consent_event_key is not null then 'nobody_has_the_address'
        when consents.record_id is not null then 'record_not_landed'
        when coalesce(consents.email_as_given, consents.phone_as_given) is not null
            then 'address_unreadable'
        else 'names_nobody'
    end as reason
from consents
left join heard on consents.consent_event_key = heard.consent_event_key
left join named on consents.consent_event_key = named.consent_event_key
left join waiting on consents.consent_event_key = waiting.consent_event_key
where
    heard.consent_event_key is null
    or waiting.consent_event_key is not null
