-- grain: one row per cart
with

carts as (

    select
        * exclude (currency),
        {{ normalise_currency('currency') }} as currency,
        {{ local_date('updated_at') }} as updated_date
    from {{ ref('int_carts__unioned') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__periods') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

priced as (

    select
        carts.*,
        {{ exchange_rate('carts.currency', 'rates') }} as exchange_rate
    from carts
    left join rates on {{ rate_applies('rates', 'carts.currency', 'carts.updated_date') }}

)

select
    priced.cart_key,
    customers.customer_id,
    priced.channel,
    priced.created_at,
    priced.updated_at,
    priced.status,
    cast(priced.amount as decimal(18, 4)) as amount,
    priced.currency,
    {{ in_company_currency('priced.amount', 'priced.exchange_rate') }} as company_amount
from priced
left join customers on priced.record_id = customers.record_id
