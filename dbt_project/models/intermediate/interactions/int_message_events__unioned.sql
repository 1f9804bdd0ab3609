-- grain: one row per event that a message caused
with

unioned as (

    {{ union_channels('message_events', {
        'event_key': 'varchar',
        'channel': 'varchar',
        'message_id': 'varchar',
        'event_type': 'varchar',
        'occurred_at': 'timestamptz',
        'email': 'varchar',
        'campaign': 'varchar',
        'reason': 'varchar',
    }) }}

),

addressed as (

    select
        * exclude (email),
        normal_email(email) as address
    from unioned

)

select
    *,
    mailbox(address) as identifier_value
from addressed
