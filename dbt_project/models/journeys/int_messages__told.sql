-- grain: one row per customer and message of an earlier night that concerns the customer
with

messages as (

    select * from {{ ref('stg_ledger__messages') }}

),

customer_records as (

    select
        customer_id,
        channel || '|' || stream || '|' || record_key as record_id
    from {{ ref('customer_records') }}

),

identifiers as (

    select * from {{ ref('int_identifiers__unioned') }}
    where address is not null

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

-- every spelling of a mailbox leads to all who have it
spellings as (

    select distinct
        identifier_type,
        identifier_value,
        {{ keyed_hash('address') }} as address_hash
    from identifiers

),

concerned as (

    select
        customer_records.customer_id,
        messages.message_key
    from messages
    inner join customer_records on messages.trigger_record = customer_records.record_id
    union
    select
        addresses.customer_id,
        messages.message_key
    from messages
    inner join spellings on messages.address_hash = spellings.address_hash
    inner join addresses
        on
            spellings.identifier_type = addresses.identifier_type
            and spellings.identifier_value = addresses.identifier_value

)

select
    concerned.customer_id,
    messages.message_key,
    messages.journey,
    messages.step,
    messages.state,
    messages.business_date
from concerned
inner join messages on concerned.message_key = messages.message_key
