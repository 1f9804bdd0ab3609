-- grain: one row per source record of a person
with

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select
    customer_id,
    channel,
    stream,
    record_key,
    arrived_date
from customers
