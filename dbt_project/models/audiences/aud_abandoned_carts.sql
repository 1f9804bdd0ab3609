-- grain: one row per customer
with

open_carts as (

    select
        customer_id,
        max(updated_at) as left_at
    from {{ ref('fct_carts') }}
    where
        status = 'open'
        and customer_id is not null
    group by customer_id

),

orders as (

    select * from {{ ref('fct_orders') }}

),

-- an order in any channel since then, a store included, means there is nothing to remind of
ordered_since as (

    select distinct open_carts.customer_id
    from open_carts
    inner join orders
        on
            open_carts.customer_id = orders.customer_id
            and open_carts.left_at <= orders.ordered_at

)

select open_carts.customer_id
from open_carts
left join ordered_since on open_carts.customer_id = ordered_since.customer_id
where
    ordered_since.customer_id is null
    and open_carts.left_at >= {{ day_end(days_before=7) }}
    and open_carts.left_at <= {{ day_end(days_before=1) }}
