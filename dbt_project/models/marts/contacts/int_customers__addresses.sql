-- grain: one row per customer and mailbox or telephone number
with

-- E.164 has fifteen digits at most: more cannot be dialled
identifiers as (

    select * from {{ ref('int_identifiers__unioned') }}
    where
        address is not null
        and (identifier_type = 'email' or regexp_matches(address, '^[+][0-9]{6,15}$'))

),

-- values that belong to nobody or everybody are left out there: they are nobody's address
usable as (

    select
        record_id,
        identifier_type,
        identifier_value
    from {{ ref('int_identity__identifiers') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

personal as (

    select identifiers.*
    from identifiers
    inner join usable
        on
            identifiers.record_id = usable.record_id
            and identifiers.identifier_type = usable.identifier_type
            and identifiers.identifier_value = usable.identifier_value

),

gathered as (

    select
        customers.customer_id,
        personal.identifier_type,
        personal.identifier_value,
        max_by(personal.address, (personal.last_seen_at, personal.address)) as address,
        min(personal.first_seen_at) as first_seen_at,
        max(personal.last_seen_at) as last_seen_at,
        count(*) as count_records
    from personal
    inner join customers on personal.record_id = customers.record_id
    group by customers.customer_id, personal.identifier_type, personal.identifier_value

)

select
    customer_id,
    case identifier_type when 'phone' then 'sms' else 'email' end as channel,
    identifier_type,
    identifier_value,
    address,
    {{ keyed_hash('address') }} as address_hash,
    {{ keyed_hash('identifier_value') }} as mailbox_hash,
    first_seen_at,
    last_seen_at,
    count_records,
    row_number() over (
        partition by identifier_type, identifier_value
        order by first_seen_at, customer_id
    ) = 1 as is_first_owner
from gathered
