-- grain: one row per record of the version before
with

customer_records as (

    select * from {{ source('night', 'previous_customer_records') }}

)

select
    customer_id,
    channel,
    stream,
    record_key
from customer_records
