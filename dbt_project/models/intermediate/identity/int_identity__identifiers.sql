-- grain: one row per record and identifier that may join it to others
with

identifiers as (

    select * from {{ ref('int_identifiers__unioned') }}

),

records as (

    select
        records.record_id,
        records.record_number,
        unverified.channel is null as is_verified
    from {{ ref('int_identity__records') }} as records
    left join {{ ref('unverified_streams') }} as unverified
        on
            records.channel = unverified.channel
            and records.stream = unverified.stream

),

types as (

    select * from {{ ref('identifier_types') }}

),

blocked as (

    select * from {{ ref('blocked_identifiers') }}

),

distinct_values as (

    select
        identifier_type,
        identifier_value
    from identifiers
    group by identifier_type, identifier_value

),

blocked_values as (

    select distinct
        distinct_values.identifier_type,
        distinct_values.identifier_value
    from distinct_values
    inner join blocked
        on
            distinct_values.identifier_type = blocked.identifier_type
            and case blocked.match
                when 'value'
                    then distinct_values.identifier_value = blocked.value
                when 'local'
                    then split_part(distinct_values.identifier_value, '@', 1) = blocked.value
                when 'domain'
                    then split_part(distinct_values.identifier_value, '@', 2) = blocked.value
                when 'ends_with'
                    then ends_with(distinct_values.identifier_value, blocked.value)
            end

),

numbered_values as (

    select
        distinct_values.identifier_type,
        distinct_values.identifier_value,
        row_number() over (
            order by distinct_values.identifier_type, distinct_values.identifier_value
        ) as value_number
    from distinct_values
    anti join blocked_values
        on
            distinct_values.identifier_type = blocked_values.identifier_type
            and distinct_values.identifier_value = blocked_values.identifier_value

),

-- a record with more values than one person has is nobody's: a till's, a guest's
crowded as (

    select identifiers.record_id
    from identifiers
    inner join types on identifiers.identifier_type = types.identifier_type
    where types.is_personal
    group by identifiers.record_id, identifiers.identifier_type
    having count(*) > {{ var('identity_max_values') }}

),

usable as (

    select
        records.record_id,
        records.record_number,
        numbered_values.value_number,
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.first_seen_at,
        types.stage,
        types.may_join,
        coalesce(bool_or(types.stage = 'account' and records.is_verified) over (
            partition by records.record_id
        ), false) as is_of_account
    from identifiers
    inner join records on identifiers.record_id = records.record_id
    inner join types on identifiers.identifier_type = types.identifier_type
    inner join numbered_values
        on
            identifiers.identifier_type = numbered_values.identifier_type
            and identifiers.identifier_value = numbered_values.identifier_value
    anti join crowded on identifiers.record_id = crowded.record_id

),

-- of two records that must never be linked, the second does not link by what both carry
never_links as (

    select distinct
        later.record_number,
        later.value_number
    from {{ ref('identity_overrides') }} as pair
    inner join usable as earlier on pair.record_a = earlier.record_id
    inner join usable as later
        on
            pair.record_b = later.record_id
            and earlier.value_number = later.value_number
    where pair.link = 'never'

),

-- a record that shows two cards proves nothing about either
many_cards as (

    select record_number
    from usable
    where identifier_type = 'loyalty_id'
    group by record_number
    having count(*) > 1

)

select
    usable.record_id,
    usable.record_number,
    usable.value_number,
    usable.identifier_type,
    usable.identifier_value,
    usable.first_seen_at,
    usable.stage,
    usable.is_of_account,
    usable.may_join
    and never_links.record_number is null
    and (many_cards.record_number is null or usable.identifier_type <> 'loyalty_id') as may_link
from usable
left join many_cards on usable.record_number = many_cards.record_number
left join never_links
    on
        usable.record_number = never_links.record_number
        and usable.value_number = never_links.value_number
