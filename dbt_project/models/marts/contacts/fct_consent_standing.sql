-- grain: one row per customer, purpose and contact channel that the customer has said something of
with

standing as (

    select * from {{ ref('int_consents__standing') }}

)

select
    customer_id,
    purpose,
    contact_channel,
    is_granted,
    occurred_at,
    jurisdiction
from standing
