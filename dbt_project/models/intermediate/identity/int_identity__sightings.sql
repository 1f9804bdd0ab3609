-- grain: one row per address core and identifier that it shares with another core of its customer
with

cores as (

    select * from {{ ref('int_identity__address_cores') }}

),

identifiers as (

    select * from {{ ref('int_identity__identifiers') }}
    where may_link

),

types as (

    select * from {{ ref('identifier_types') }}

)

select
    cores.customer_id,
    cores.core,
    min(cores.record_id) as core_name,
    identifiers.value_number,
    any_value(identifiers.identifier_type) as identifier_type,
    any_value(types.is_personal) as is_personal,
    -- what a browser says comes last, as of its arrival: it can name any value and any moment
    min(case
        when not cores.is_verified then 2
        when types.speaks_for_others then 0
        else 1
    end) as weakness,
    coalesce(bool_or(cores.is_verified and cores.channel = types.issued_by), false) as is_issuer,
    min(case
        when cores.is_verified then identifiers.first_seen_at
        else cast(cores.arrived_date as timestamp) at time zone 'UTC'
    end) as first_seen_at
from identifiers
inner join types on identifiers.identifier_type = types.identifier_type
inner join cores on identifiers.record_number = cores.record_number
group by cores.customer_id, cores.core, identifiers.value_number
qualify count(*) over (partition by cores.customer_id, identifiers.value_number) > 1
