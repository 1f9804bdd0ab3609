-- grain: one row per thing that became of a message
with

message_events as (

    select * from {{ ref('int_message_events__unioned') }}

),

owners as (

    select * from {{ ref('int_customers__addresses') }}
    where
        is_first_owner
        and identifier_type = 'email'

)

select
    message_events.event_key,
    owners.customer_id,
    message_events.channel,
    message_events.message_id,
    message_events.event_type,
    message_events.occurred_at,
    {{ keyed_hash('message_events.address') }} as address_hash,
    message_events.campaign,
    message_events.reason
from message_events
left join owners on message_events.identifier_value = owners.identifier_value
