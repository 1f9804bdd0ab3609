-- grain: one row per customer
with

customers as (

    select * from {{ ref('dim_customers') }}
    where year_amount > 0

),

ranked as (

    select
        customer_id,
        row_number() over (order by year_amount desc, customer_id asc) as place,
        count(*) over () as count_customers
    from customers

)

select customer_id
from ranked
where place <= ceil(count_customers / 10.0)
