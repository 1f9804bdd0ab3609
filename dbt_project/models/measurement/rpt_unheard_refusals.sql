-- grain: one row per withdrawal or erasure request that reached no customer, or less than it may have meant
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

own_addresses as (

    select
        identifiers.record_id,
        addresses.customer_id,
        addresses.channel,
        addresses.mailbox_hash
    from {{ ref('int_identifiers__unioned') }} as identifiers
    inner join {{ ref('int_customers__addresses') }} as addresses
        on
            identifiers.identifier_type = addresses.identifier_type
            and identifiers.identifier_value = addresses.identifier_value

),

-- It came with a value that anybody can know, so it holds for what is its own: a person confirms the rest.
waiting as (

    select attributed.consent_event_key
    from {{ ref('int_consents__attributed') }} as attributed
    inner join contact_points on attributed.customer_id = contact_points.customer_id
    where
        attributed.status = 'erasure_requested'
        and contact_points.suppression_reason is distinct from 'erasure_requested'
    union
    select consents.consent_event_key
    from consents
    inner join {{ ref('int_consents__attributed') }} as attributed
        on consents.consent_event_key = attributed.consent_event_key
    inner join own_addresses
        on
            consents.record_id = own_addresses.record_id
            and attributed.customer_id = own_addresses.customer_id
    inner join contact_points
        on
            own_addresses.customer_id = contact_points.customer_id
            and own_addresses.channel = contact_points.channel
            and own_addresses.mailbox_hash = contact_points.mailbox_hash
    where
        consents.purpose = 'marketing'
        and consents.contact_channel = contact_points.channel
        and contact_points.has_marketing_consent
        and consents.occurred_at > contact_points.marketing_consent_at

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
