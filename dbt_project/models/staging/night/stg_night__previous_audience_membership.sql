-- grain: one row per audience and member of the version before
with

audience_membership as (

    select * from {{ source('night', 'previous_audience_membership') }}

)

select
    audience,
    customer_id,
    entered_date
from audience_membership
