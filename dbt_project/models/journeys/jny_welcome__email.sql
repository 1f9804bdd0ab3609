-- grain: one row per known customer first seen in the last seven days
with

customers as (

    select * from {{ ref('dim_customers') }}

),

newcomers as (

    select
        *,
        coalesce(time_zone, '{{ var("time_zone") }}') as known_time_zone
    from customers
    where
        is_known
        and first_seen_at >= {{ day_end(days_before=7) }}
        and first_seen_at < {{ day_end() }}

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
    first_seen_record as trigger_id,
    first_seen_record as trigger_record,
    customer_id,
    'email' as channel,
    'marketing' as purpose,
    50 as importance,
    due_at,
    due_at + interval '7 days' as expires_at
from timed
