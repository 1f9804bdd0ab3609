-- grain: one row per customer
with

customers as (

    select * from {{ ref('dim_customers') }}

)

select customer_id
from customers
where
    count_orders = 1
    and first_ordered_at >= {{ day_end(days_before=90) }}
    and first_ordered_at < {{ day_end(days_before=30) }}
