-- grain: one row per consent event and customer it speaks for
with

attributed as (

    select * from {{ ref('int_consents__attributed') }}

)

select
    consent_event_key,
    customer_id,
    channel,
    stream,
    record_key,
    purpose,
    contact_channel,
    status,
    occurred_at,
    jurisdiction,
    text_version,
    {{ keyed_hash('address') }} as address_hash
from attributed
