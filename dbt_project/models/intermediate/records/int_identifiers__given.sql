-- grain: one row per record and identifier as given
with

unioned as (

    {{ union_channels('identifiers', {
        'record_id': 'varchar',
        'channel': 'varchar',
        'stream': 'varchar',
        'record_key': 'varchar',
        'identifier_type': 'varchar',
        'identifier_value': 'varchar',
        'country': 'varchar',
        'first_seen_at': 'timestamptz',
        'last_seen_at': 'timestamptz',
        'is_current': 'boolean',
    }) }}

),

phone_numbers as (

    select * from {{ source('lookups', 'phone_numbers') }}

),

addressed as (

    select
        unioned.*,
        case unioned.identifier_type
            when 'email' then normal_email(unioned.identifier_value)
            when 'phone' then phone_numbers.e164
        end as address
    from unioned
    left join phone_numbers
        on
            unioned.identifier_type = 'phone'
            and {{ phone_lookup_key('unioned.identifier_value', 'unioned.country') }}
            = phone_numbers.lookup_key

)

select
    record_id,
    channel,
    stream,
    record_key,
    identifier_type,
    case identifier_type
        when 'email' then mailbox(address)
        when 'phone' then address
        else {{ real_value('identifier_value', 'id', 'all') }}
    end as identifier_value,
    address,
    identifier_type in ('email', 'phone') and address is null as is_unreadable,
    first_seen_at,
    last_seen_at,
    is_current
from addressed
