-- A message that would go to an address which waits for confirmation.
with

decisions as (

    select * from {{ ref('fct_message_decisions') }}
    where decision = 'send'

),

waiting as (

    select * from {{ ref('dim_contact_points') }}
    where not is_confirmed

)

select decisions.message_key
from decisions
inner join waiting on decisions.contact_point_id = waiting.contact_point_id
