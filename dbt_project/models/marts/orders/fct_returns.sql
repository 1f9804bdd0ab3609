-- grain: one row per return
with

returns as (

    select
        * exclude (currency),
        {{ normalise_currency('currency') }} as currency,
        {{ local_date('returned_at') }} as returned_date
    from {{ ref('int_returns__unioned') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__periods') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

-- paid back at the rate of its order; at that of its own day where the order has not landed
dated as (

    select
        returns.*,
        coalesce(orders.ordered_date, returns.returned_date) as rate_date
    from returns
    left join orders on returns.order_key = orders.order_key

),

priced as (

    select
        dated.*,
        {{ exchange_rate('dated.currency', 'rates') }} as exchange_rate
    from dated
    left join rates on {{ rate_applies('rates', 'dated.currency', 'dated.rate_date') }}

)

select
    priced.return_key,
    customers.customer_id,
    priced.channel,
    priced.order_key,
    priced.returned_at,
    priced.sku,
    cast(priced.quantity as bigint) as quantity,
    cast(priced.amount as decimal(18, 4)) as amount,
    priced.currency,
    {{ in_company_currency('priced.amount', 'priced.exchange_rate') }} as company_amount,
    priced.reason
from priced
left join customers on priced.record_id = customers.record_id
