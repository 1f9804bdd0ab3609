-- grain: one row per contact channel, mailbox or number, and reason
with

message_events as (

    select * from {{ ref('int_message_events__unioned') }}
    where identifier_value is not null

),

consents as (

    select * from {{ ref('int_consents__attributed') }}

),

named as (

    select * from {{ ref('int_consents__addresses') }}

),

by_address as (

    select * from {{ ref('int_consents__by_address') }}

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

reported as (

    select
        'email' as channel,
        identifier_value,
        case event_type
            when 'complaint' then 'complained'
            when 'unsubscribe' then 'unsubscribed'
            else 'bounced'
        end as reason,
        occurred_at
    from message_events
    where
        event_type in ('complaint', 'unsubscribe')
        or (event_type = 'bounce' and is_permanent_bounce(reason))

),

-- who asks to be erased is written to nowhere any more, whatever is granted later; a stranger who
-- gave somebody's number asks for what is the stranger's
erasures as (

    select
        addresses.channel,
        addresses.identifier_value,
        'erasure_requested' as reason,
        consents.occurred_at
    from consents
    inner join addresses
        on
            consents.customer_id = addresses.customer_id
            and consents.speaks_from <= addresses.consent_rank
    where
        consents.status = 'erasure_requested'
        and consents.speaks_for_others
        -- of an address that somebody else had first, its owner says what is to become of it
        and addresses.is_first_owner
    union all
    select
        case named.identifier_type when 'phone' then 'sms' else 'email' end as channel,
        named.identifier_value,
        'erasure_requested' as reason,
        consents.occurred_at
    from {{ ref('int_consents__unioned') }} as consents
    inner join named on consents.consent_event_key = named.consent_event_key
    where consents.status = 'erasure_requested'

),

said as (

    select
        channel,
        identifier_value,
        reason,
        occurred_at
    from reported
    union all
    select
        channel,
        identifier_value,
        reason,
        occurred_at
    from erasures

),

suppressed as (

    select
        channel,
        identifier_value,
        reason,
        max(occurred_at) as suppressed_at
    from said
    group by channel, identifier_value, reason

),

-- a consent given for the address after it was unsubscribed lifts that, and only that
standing as (

    select suppressed.*
    from suppressed
    left join by_address
        on
            suppressed.identifier_value = by_address.identifier_value
            and suppressed.reason = 'unsubscribed'
            and by_address.identifier_type = 'email'
            and by_address.purpose = 'marketing'
            and by_address.contact_channel = 'email'
            and by_address.is_granted
            and suppressed.suppressed_at < by_address.occurred_at
    where by_address.identifier_value is null

)

select
    {{ keyed_hash("channel || '|' || identifier_value || '|' || reason") }} as suppression_id,
    channel,
    {{ keyed_hash('identifier_value') }} as mailbox_hash,
    reason,
    suppressed_at
from standing
