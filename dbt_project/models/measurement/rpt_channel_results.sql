-- grain: one row per contact channel and campaign
with

message_events as (

    select
        *,
        'email' as contact_channel
    from {{ ref('fct_message_events') }}

)

select
    contact_channel,
    coalesce(campaign, 'none') as campaign,
    {% for event_type, column in {
        'accepted': 'sent',
        'delivered': 'delivered',
        'open': 'opened',
        'click': 'clicked',
        'bounce': 'bounced',
        'complaint': 'complained',
        'unsubscribe': 'unsubscribed',
    }.items() %}
        cast(count(distinct message_id) filter (where event_type = '{{ event_type }}') as bigint)
            as count_{{ column }},
    {% endfor %}
    min(occurred_at) as first_event_at,
    max(occurred_at) as last_event_at
from message_events
group by contact_channel, coalesce(campaign, 'none')
