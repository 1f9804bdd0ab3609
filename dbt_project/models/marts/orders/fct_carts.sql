-- grain: one row per cart
with

carts as (

    select * from {{ ref('int_carts__unioned') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select
    carts.cart_key,
    customers.customer_id,
    carts.channel,
    carts.created_at,
    carts.updated_at,
    carts.status,
    cast(carts.amount as decimal(18, 4)) as amount,
    carts.currency
from carts
left join customers on carts.record_id = customers.record_id
