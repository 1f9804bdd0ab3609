-- A kept link whose records are two customers: vars.identity_rounds were too few.
with

links as (

    select * from {{ ref('int_identity__links') }}
    where is_kept

),

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select
    links.identifier_hash,
    links.record_a,
    links.record_b
from links
inner join customers as a on links.record_a = a.record_id
inner join customers as b on links.record_b = b.record_id
where a.customer_id <> b.customer_id
