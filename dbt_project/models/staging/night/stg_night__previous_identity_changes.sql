-- grain: one row per change of identity up to the version before
with

identity_changes as (

    select * from {{ source('night', 'previous_identity_changes') }}

)

select
    business_date,
    change,
    customer_id,
    previous_customer_id
from identity_changes
where business_date < {{ business_date() }}
