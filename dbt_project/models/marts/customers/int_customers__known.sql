-- grain: one row per customer whom we could recognise or write to
with

identifiers as (

    select * from {{ ref('int_identity__identifiers') }}

),

types as (

    select * from {{ ref('identifier_types') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select distinct customers.customer_id
from identifiers
inner join types on identifiers.identifier_type = types.identifier_type
inner join customers on identifiers.record_id = customers.record_id
where types.is_personal
