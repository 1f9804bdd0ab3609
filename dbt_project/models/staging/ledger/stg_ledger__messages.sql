-- grain: one row per message that entered the ledger on an earlier business date
with

messages as (

    select * from {{ source('ledger', 'messages') }}

)

select
    message_key,
    journey,
    step,
    trigger_id,
    trigger_record,
    customer_id,
    channel,
    address_hash,
    state,
    business_date
from messages
where business_date < {{ business_date() }}
