-- grain: one row per interaction
with

unioned as (

    {{ union_channels('interactions', {
        'interaction_key': 'varchar',
        'record_id': 'varchar',
        'channel': 'varchar',
        'stream': 'varchar',
        'record_key': 'varchar',
        'interaction_type': 'varchar',
        'occurred_at': 'timestamptz',
        'device_type': 'varchar',
        'sku': 'varchar',
        'category': 'varchar',
        'campaign': 'varchar',
        'email': 'varchar',
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
