-- grain: one row per contact point of the version before
with

contact_points as (

    select * from {{ source('night', 'previous_contact_points') }}

)

select
    contact_point_id,
    customer_id,
    channel,
    mailbox_hash,
    is_preferred
from contact_points
