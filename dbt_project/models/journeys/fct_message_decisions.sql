-- grain: one row per candidate of this night: sent, or refused with its reason
with

judged as (

    select * from {{ ref('int_messages__judged') }}

),

told as (

    select * from {{ ref('int_messages__told') }}

),

policies as (

    select
        max(value) filter (where policy = 'frequency_cap_messages') as cap_messages,
        max(value) filter (where policy = 'frequency_cap_days') as cap_days,
        max(value) filter (where policy = 'control_group_share') as control_group_share
    from {{ ref('contact_policies') }}

),

-- what has left lately, or may have; the cap holds back marketing alone
heard_lately as (

    select
        told.customer_id,
        count(*) as count_messages
    from told
    cross join policies
    where
        told.state in ('planned', 'claimed', 'confirmed', 'unknown')
        and {{ business_date() }} - told.business_date < policies.cap_days
    group by told.customer_id

),

ranked as (

    select
        judged.*,
        coalesce(heard_lately.count_messages, 0) + row_number() over (
            partition by judged.customer_id, judged.purpose, judged.reason is null
            order by judged.importance desc, judged.due_at asc, judged.message_key asc
        ) as count_heard
    from judged
    left join heard_lately on judged.customer_id = heard_lately.customer_id

),

decided as (

    select
        ranked.message_key,
        ranked.journey,
        ranked.step,
        ranked.trigger_id,
        ranked.trigger_record,
        ranked.customer_id,
        ranked.channel,
        ranked.purpose,
        ranked.contact_point_id,
        ranked.importance,
        ranked.due_at,
        ranked.expires_at,
        case
            when ranked.reason is not null then ranked.reason
            when
                ranked.purpose = 'marketing'
                and ranked.count_heard > policies.cap_messages then 'frequency_cap'
            when
                {{ share_of("'control_group|' || ranked.customer_id") }}
                < policies.control_group_share then 'control_group'
        end as reason
    from ranked
    cross join policies

)

select
    message_key,
    journey,
    step,
    trigger_id,
    trigger_record,
    customer_id,
    channel,
    purpose,
    contact_point_id,
    importance,
    due_at,
    expires_at,
    case when reason is null then 'send' else 'refuse' end as decision,
    reason,
    {{ business_date() }} as business_date
from decided
