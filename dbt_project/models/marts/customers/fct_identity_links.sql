-- grain: one row per identifier and pair of records that it joined, or would have joined
with

links as (

    select * from {{ ref('int_identity__links') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select
    links.identifier_type,
    links.identifier_hash,
    links.record_a,
    links.record_b,
    customers.customer_id,
    links.is_kept,
    links.reason
from links
left join customers on links.record_a = customers.record_id
