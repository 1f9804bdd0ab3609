-- grain: one row per consent event and customer it speaks for
with

consents as (

    select * from {{ ref('int_consents__unioned') }}

),

named as (

    select * from {{ ref('int_consents__addresses') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

-- The record says who; where there is none, everybody who has an address that it names. A refusal
-- of a channel without addresses of its own speaks for these in any case: nothing else holds there.
speakers as (

    select
        consents.consent_event_key,
        customers.customer_id
    from consents
    inner join customers on consents.record_id = customers.record_id
    union
    select
        consents.consent_event_key,
        addresses.customer_id
    from consents
    inner join named on consents.consent_event_key = named.consent_event_key
    left join customers on consents.record_id = customers.record_id
    inner join addresses
        on
            named.identifier_type = addresses.identifier_type
            and named.identifier_value = addresses.identifier_value
    where
        customers.customer_id is null
        or (consents.status <> 'granted' and consents.contact_channel in ('ads', 'post'))

)

select
    speakers.customer_id,
    consents.consent_event_key,
    consents.channel,
    consents.stream,
    consents.record_key,
    consents.purpose,
    consents.contact_channel,
    consents.status,
    consents.occurred_at,
    consents.jurisdiction,
    consents.text_version,
    consents.address
from speakers
inner join consents on speakers.consent_event_key = consents.consent_event_key
