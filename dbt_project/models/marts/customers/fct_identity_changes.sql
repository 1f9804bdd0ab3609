-- grain: one row per night, change, customer after it and customer before it
with

now_known as (

    select * from {{ ref('customer_records') }}

),

before_known as (

    select * from {{ ref('stg_night__previous_customer_records') }}

),

customers_now as (

    select distinct customer_id from now_known

),

customers_before as (

    select distinct customer_id from before_known

),

moved as (

    select distinct
        now_known.customer_id,
        before_known.customer_id as previous_customer_id
    from now_known
    inner join before_known
        on
            now_known.channel = before_known.channel
            and now_known.stream = before_known.stream
            and now_known.record_key = before_known.record_key
    where now_known.customer_id <> before_known.customer_id

),

changes as (

    select
        case when gone.customer_id is null then 'merged' else 'split' end as change,
        moved.customer_id,
        moved.previous_customer_id
    from moved
    left join customers_now as gone on moved.previous_customer_id = gone.customer_id
    union all
    select
        'new' as change,
        customers_now.customer_id,
        cast(null as varchar) as previous_customer_id
    from customers_now
    left join customers_before on customers_now.customer_id = customers_before.customer_id
    left join moved on customers_now.customer_id = moved.customer_id
    where
        customers_before.customer_id is null
        and moved.customer_id is null

),

earlier as (

    select * from {{ ref('stg_night__previous_identity_changes') }}

)

select
    business_date,
    change,
    customer_id,
    previous_customer_id
from earlier
union all
select
    {{ business_date() }} as business_date,
    change,
    customer_id,
    previous_customer_id
from changes
