-- grain: one row per customer
with

customers as (

    select * from {{ ref('dim_customers') }}

)

select customer_id
from customers
where
    count_store_orders > 0
    and count_web_orders > 0
    and last_ordered_at >= {{ day_end(days_before=365) }}
