-- grain: one row per return
with

returns as (

    select * from {{ ref('int_returns__unioned') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

)

select
    returns.return_key,
    customers.customer_id,
    returns.channel,
    returns.order_key,
    returns.returned_at,
    returns.sku,
    cast(returns.quantity as bigint) as quantity,
    cast(returns.amount as decimal(18, 4)) as amount,
    returns.currency,
    returns.reason
from returns
left join customers on returns.record_id = customers.record_id
