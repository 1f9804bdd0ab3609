-- grain: one row per thing that happened between a person and us, in any channel
with

interactions as (

    select * from {{ ref('int_interactions__unioned') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

owners as (

    select * from {{ ref('int_customers__addresses') }}
    where
        is_first_owner
        and identifier_type = 'email'

),

-- the record says who; where there is none, the address does
told_by_channels as (

    select
        interactions.interaction_key,
        coalesce(customers.customer_id, owners.customer_id) as customer_id,
        interactions.channel,
        interactions.stream,
        interactions.record_key,
        interactions.interaction_type,
        interactions.occurred_at,
        interactions.device_type,
        interactions.sku,
        interactions.category,
        interactions.campaign
    from interactions
    left join customers on interactions.record_id = customers.record_id
    left join owners
        on
            customers.customer_id is null
            and interactions.identifier_value = owners.identifier_value

),

carts as (

    select
        'carts|' || cart_key as interaction_key,
        customer_id,
        channel,
        'carts' as stream,
        'cart_' || status as interaction_type,
        updated_at as occurred_at
    from {{ ref('fct_carts') }}

),

consents as (

    select
        'consents|' || consent_event_key || '|' || customer_id as interaction_key,
        customer_id,
        channel,
        'consents' as stream,
        record_key,
        'consent_' || status as interaction_type,
        occurred_at
    from {{ ref('fct_consents') }}

),

-- opens, clicks and the like are told by the channel already
deliveries as (

    select
        'message_events|' || event_key as interaction_key,
        customer_id,
        channel,
        'events' as stream,
        'email_' || event_type as interaction_type,
        occurred_at,
        campaign
    from {{ ref('fct_message_events') }}
    where event_type in ('accepted', 'delivered', 'bounce')

),

unioned as (

    select * from told_by_channels
    union all by name
    select * from carts
    union all by name
    select * from consents
    union all by name
    select * from deliveries

)

select
    interaction_key,
    -- a visitor dates events as they like, and each month is a folder of every version
    strftime(
        greatest(occurred_at, timestamptz '2000-01-01 00:00:00+00') at time zone 'UTC', '%Y-%m'
    ) as month,
    customer_id,
    channel,
    stream,
    record_key,
    interaction_type,
    occurred_at,
    device_type,
    sku,
    category,
    campaign
from unioned
