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

cores as (

    select * from {{ ref('int_identity__cores') }}

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
        cores.customer_id,
        personal.identifier_type,
        personal.identifier_value,
        max_by(personal.address, (personal.last_seen_at, personal.address)) as address,
        min(personal.first_seen_at) as first_seen_at,
        max(personal.last_seen_at) as last_seen_at,
        count(*) as count_records,
        -- the first that has it; what browsers alone have named stands in none
        min(cores.address_rank) filter (where cores.is_verified) as address_rank,
        min(cores.consent_rank) filter (where cores.is_verified) as consent_rank,
        min_by(cores.linked_by, cores.address_rank) as linked_by
    from personal
    inner join cores on personal.record_id = cores.record_id
    group by cores.customer_id, personal.identifier_type, personal.identifier_value

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
    ) = 1 as is_first_owner,
    address_rank,
    consent_rank,
    -- of the parts with an address in this channel the one known first says what it is
    coalesce(
        address_rank = min(address_rank) over (partition by customer_id, identifier_type),
        false
    ) as is_confirmed,
    linked_by
from gathered
