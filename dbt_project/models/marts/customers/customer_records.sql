-- grain: one row per source record of a person
with

customers as (

    select * from {{ ref('int_identity__customers') }}

),

described as (

    select * from {{ ref('int_customers__described') }}

)

select
    customers.customer_id,
    customers.channel,
    customers.stream,
    customers.record_key,
    customers.arrived_date,
    customers.record_id = described.first_seen_record as is_first_seen
from customers
inner join described on customers.customer_id = described.customer_id
