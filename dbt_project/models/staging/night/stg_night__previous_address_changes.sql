-- grain: one row per change of a preferred address that was made up to the version before
with

address_changes as (

    select * from {{ source('night', 'previous_address_changes') }}

)

select
    business_date,
    customer_id,
    channel,
    status,
    previous_contact_point_id,
    contact_point_id,
    linked_by,
    known_since
from address_changes
where
    status = 'made'
    and business_date < {{ business_date() }}
