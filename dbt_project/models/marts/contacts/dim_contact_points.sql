-- grain: one row per customer, contact channel and address
{%- set purposes = ['marketing', 'service'] %}
with

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

customers as (

    select * from {{ ref('int_customers__described') }}

),

standing as (

    select * from {{ ref('int_consents__for_addresses') }}

),

by_address as (

    select * from {{ ref('int_consents__by_address') }}

),

suppressions as (

    select
        channel,
        mailbox_hash,
        min_by(
            reason,
            array_position(['erasure_requested', 'complained', 'bounced', 'unsubscribed'], reason)
        ) as reason
    from {{ ref('fct_suppressions') }}
    group by channel, mailbox_hash

),

-- what customers refuse in channels that have no address of ours, by the address it holds for
refused as (

    select
        customer_id,
        identifier_type,
        identifier_value,
        string_agg(contact_channel, ',' order by contact_channel) as refused_channels
    from standing
    where
        purpose = 'marketing'
        and contact_channel not in ('email', 'sms')
        and not is_granted
    group by customer_id, identifier_type, identifier_value

),

-- the person must have agreed, and nobody may have withdrawn it for this address since
consented as (

    select
        addresses.customer_id,
        addresses.channel,
        addresses.identifier_value,
        {% for purpose in purposes %}
            coalesce(bool_or(
                standing.purpose = '{{ purpose }}'
                and standing.is_granted
                and coalesce(by_address.is_granted, true)
            ), false) as has_{{ purpose }}_consent,
        {% endfor %}
        max(standing.occurred_at) filter (where standing.purpose = 'marketing')
            as marketing_consent_at,
        max(standing.jurisdiction) filter (where standing.purpose = 'marketing')
            as marketing_consent_jurisdiction
    from addresses
    left join standing
        on
            addresses.customer_id = standing.customer_id
            and addresses.identifier_type = standing.identifier_type
            and addresses.identifier_value = standing.identifier_value
            and addresses.channel = standing.contact_channel
    left join by_address
        on
            standing.purpose = by_address.purpose
            and standing.contact_channel = by_address.contact_channel
            and addresses.identifier_type = by_address.identifier_type
            and addresses.identifier_value = by_address.identifier_value
    group by addresses.customer_id, addresses.channel, addresses.identifier_value

),

joined as (

    select
        addresses.*,
        consented.has_marketing_consent,
        consented.marketing_consent_at,
        consented.marketing_consent_jurisdiction,
        consented.has_service_consent,
        refused.refused_channels,
        suppressions.reason as suppression_reason,
        customers.greeting_name,
        customers.time_zone,
        customers.language
    from addresses
    inner join consented
        on
            addresses.customer_id = consented.customer_id
            and addresses.channel = consented.channel
            and addresses.identifier_value = consented.identifier_value
    inner join customers on addresses.customer_id = customers.customer_id
    left join refused
        on
            addresses.customer_id = refused.customer_id
            and addresses.identifier_type = refused.identifier_type
            and addresses.identifier_value = refused.identifier_value
    left join suppressions
        on
            addresses.channel = suppressions.channel
            and addresses.mailbox_hash = suppressions.mailbox_hash

)

select
    {{ keyed_hash("customer_id || '|' || channel || '|' || address") }} as contact_point_id,
    customer_id,
    channel,
    address,
    address_hash,
    mailbox_hash,
    row_number() over (
        partition by customer_id, channel
        order by
            is_confirmed desc,
            suppression_reason is not null asc,
            has_marketing_consent desc,
            last_seen_at desc,
            count_records desc,
            address asc
    ) = 1 as is_preferred,
    greeting_name,
    time_zone,
    language,
    has_marketing_consent,
    marketing_consent_at,
    marketing_consent_jurisdiction,
    has_service_consent,
    suppression_reason is not null as is_suppressed,
    suppression_reason,
    first_seen_at,
    last_seen_at,
    is_confirmed,
    case when not is_confirmed then linked_by end as linked_by,
    refused_channels
from joined
