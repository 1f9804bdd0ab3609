-- grain: one row per record that belongs to a customer
with

address_cores as (

    select * from {{ ref('int_identity__address_cores') }}

),

consent_cores as (

    select
        record_number,
        core
    from {{ ref('int_identity__consent_cores') }}

),

sightings as (

    select * from {{ ref('int_identity__sightings') }}

),

numbered as (

    select
        customer_id,
        core,
        value_number,
        weakness = 2 as is_browser,
        first_seen_at,
        row_number() over (
            partition by customer_id
            order by
                weakness asc,
                is_issuer desc,
                first_seen_at asc nulls last,
                core_name asc,
                value_number asc
        ) as turn
    from sightings

),

-- who had a shared value first comes first, with all that were joined to it before
ordered as (

    select
        customer_id,
        cores_known_first(
            list(core order by turn),
            list(value_number order by turn),
            list(is_browser order by turn),
            list(coalesce(epoch_us(first_seen_at), 9223372036854775807) order by turn)
        ) as cores
    from numbered
    group by customer_id

),

placed as (

    select
        customer_id,
        unnest(cores) as core,
        unnest(range(len(cores))) as place
    from ordered

),

ranked as (

    select
        cores.customer_id,
        cores.core,
        row_number() over (
            partition by cores.customer_id
            order by placed.place nulls last, cores.core_name
        ) as core_rank
    from (
        select
            customer_id,
            core,
            min(record_id) as core_name
        from address_cores
        group by customer_id, core
    ) as cores
    left join placed
        on
            cores.customer_id = placed.customer_id
            and cores.core = placed.core

),

-- the identifier that says most of those that a core shares with one before it
links as (

    select
        sightings.core,
        min_by(sightings.identifier_type, (
            sightings.core_rank = sightings.first_rank,
            sightings.weakness,
            not sightings.is_personal,
            sightings.identifier_type
        )) as linked_by
    from (
        select
            sightings.core,
            sightings.identifier_type,
            sightings.weakness,
            sightings.is_personal,
            ranked.core_rank,
            min(ranked.core_rank) over (
                partition by sightings.customer_id, sightings.value_number
            ) as first_rank
        from sightings
        inner join ranked
            on
                sightings.customer_id = ranked.customer_id
                and sightings.core = ranked.core
    ) as sightings
    group by sightings.core

)

select
    address_cores.record_id,
    address_cores.customer_id,
    -- where browsers alone know of somebody, nobody is there whom they could take over
    address_cores.is_verified
    or not bool_or(address_cores.is_verified) over (partition by address_cores.customer_id)
        as is_verified,
    cast(ranked.core_rank as integer) as address_rank,
    cast(min(ranked.core_rank) over (
        partition by address_cores.customer_id, consent_cores.core
    ) as integer) as consent_rank,
    case when ranked.core_rank > 1 then links.linked_by end as linked_by
from address_cores
inner join consent_cores on address_cores.record_number = consent_cores.record_number
inner join ranked
    on
        address_cores.customer_id = ranked.customer_id
        and address_cores.core = ranked.core
left join links on address_cores.core = links.core
