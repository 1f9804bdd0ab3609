-- grain: one row per subscriber who unsubscribed: a withdrawal, dated by that change
with

subscribers as (

    select * from {{ ref('base_email__subscribers') }}
    where _is_latest

)

select
    'email|' || subscriber_id || '|unsubscribed' as consent_event_key,
    {{ record_id('email', "'subscribers'", 'subscriber_id') }} as record_id,
    'email' as channel,
    'subscribers' as stream,
    subscriber_id as record_key,
    email,
    cast(null as varchar) as phone,
    'marketing' as purpose,
    'email' as contact_channel,
    'withdrawn' as status,
    updated_at as occurred_at,
    _is_from_future as is_from_future,
    cast(null as varchar) as jurisdiction,
    cast(null as varchar) as text_version
from subscribers
where status = 'unsubscribed'
