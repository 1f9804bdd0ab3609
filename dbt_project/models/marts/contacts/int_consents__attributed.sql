-- grain: one row per consent event and customer it speaks for
with

consents as (

    select * from {{ ref('int_consents__unioned') }}

),

named as (

    select * from {{ ref('int_consents__addresses') }}

),

cores as (

    select * from {{ ref('int_identity__cores') }}

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

types as (

    select * from {{ ref('identifier_types') }}

),

-- The record says who; where there is none, everybody who has an address that it names. A refusal
-- of a channel without addresses of its own speaks for these in any case: nothing else holds there.
speakers as (

    select
        consents.consent_event_key,
        cores.customer_id,
        cores.consent_rank as speaks_from,
        true as speaks_for_others
    from consents
    inner join cores on consents.record_id = cores.record_id
    union all
    select
        consents.consent_event_key,
        addresses.customer_id,
        -- a number does not speak for the mailbox that somebody wrote beside it
        case
            when types.speaks_for_others then addresses.consent_rank
            else addresses.address_rank
        end as speaks_from,
        types.speaks_for_others
    from consents
    inner join named on consents.consent_event_key = named.consent_event_key
    inner join types on named.identifier_type = types.identifier_type
    left join cores on consents.record_id = cores.record_id
    inner join addresses
        on
            named.identifier_type = addresses.identifier_type
            and named.identifier_value = addresses.identifier_value
    where
        cores.customer_id is null
        or (consents.status <> 'granted' and consents.contact_channel in ('ads', 'post'))

),

-- from the first part of the customer that says so on, never for one that was known before it
heard as (

    select
        consent_event_key,
        customer_id,
        min(speaks_from) as speaks_from,
        bool_or(speaks_for_others) as speaks_for_others
    from speakers
    group by consent_event_key, customer_id

)

select
    heard.customer_id,
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
    consents.address,
    heard.speaks_from,
    heard.speaks_for_others
from heard
inner join consents on heard.consent_event_key = consents.consent_event_key
