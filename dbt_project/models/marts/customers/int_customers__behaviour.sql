-- grain: one row per customer seen doing something
with

interactions as (

    select * from {{ ref('fct_interactions') }}
    where customer_id is not null

),

totals as (

    select
        customer_id,
        max(occurred_at) as last_interacted_at,
        count(*) filter (where stream = 'web_events') as count_web_events,
        max(occurred_at) filter (where stream = 'web_events') as last_visited_at,
        count(*) filter (where interaction_type = 'email_open') as count_email_opens,
        count(*) filter (where interaction_type = 'email_click') as count_email_clicks
    from interactions
    group by customer_id

),

by_device as (

    select
        customer_id,
        device_type,
        count(*) as count_interactions
    from interactions
    where device_type is not null
    group by customer_id, device_type

),

preferred_devices as (

    select
        customer_id,
        max_by(device_type, (count_interactions, device_type)) as device_type
    from by_device
    group by customer_id

)

select
    totals.customer_id,
    totals.last_interacted_at,
    totals.count_web_events,
    totals.last_visited_at,
    totals.count_email_opens,
    totals.count_email_clicks,
    {{ code_value('preferred_devices.device_type') }} as preferred_device
from totals
left join preferred_devices on totals.customer_id = preferred_devices.customer_id
