-- grain: one row per known customer first seen in the last seven days
with

customers as (

    select * from {{ ref('dim_customers') }}

),

first_records as (

    select
        customer_id,
        channel || '|' || stream || '|' || record_key as record_id
    from {{ ref('customer_records') }}
    where is_first_seen

),

newcomers as (

    select
        customers.customer_id,
        first_records.record_id,
        coalesce(customers.time_zone, '{{ var("time_zone") }}') as known_time_zone
    from customers
    inner join first_records on customers.customer_id = first_records.customer_id
    where
        customers.is_known
        and customers.first_seen_at >= {{ day_end(days_before=7) }}
        and customers.first_seen_at < {{ day_end() }}

),

timed as (

    select
        *,
        {{ next_local_hour(now(), 'known_time_zone', 9) }} as due_at
    from newcomers

)

select
    'welcome' as journey,
    'email' as step,
    -- once in a life: whoever the customer was before a merge or a split counts too
    'customer' as once_per,
    record_id as trigger_id,
    record_id as trigger_record,
    customer_id,
    'email' as channel,
    'marketing' as purpose,
    50 as importance,
    due_at,
    due_at + interval '7 days' as expires_at
from timed
