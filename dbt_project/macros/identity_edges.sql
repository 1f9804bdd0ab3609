{#
    Edges of one stage: which components of the stage before share an identifier of this stage, kept or refused.
    Only components are compared, not records, so that a busy customer does not look like a shared address.
#}
{% macro identity_edges(stage, previous) -%}
with

components as (

    select
        record_number,
        component
    from {{ ref(previous) }}

),

types as (

    select * from {{ ref('identifier_types') }}

),

records as (

    select
        components.component,
        records.first_key,
        records.last_key
    from {{ ref('int_identity__records') }} as records
    inner join components on records.record_number = components.record_number
    where records.first_key is not null

),

identifiers as (

    select
        identifiers.value_number,
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.stage,
        identifiers.record_number,
        components.component
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join components on identifiers.record_number = components.record_number
    where identifiers.may_link

),

cards as (

    select
        component,
        min(identifier_value) as loyalty_id
    from identifiers
    where identifier_type = 'loyalty_id'
    group by component

),

-- initials only where the component knows no name in full
component_names as (

    select
        component,
        first_key,
        last_key
    from records
    group by component, first_key, last_key
    qualify length(first_key) > 1 or max(length(first_key)) over (partition by component) = 1

),

carriers as (

    select
        value_number,
        identifier_type,
        component,
        min(record_number) as record_number
    from identifiers
    where stage = '{{ stage }}'
    group by value_number, identifier_type, component

),

shared as (

    select
        value_number,
        any_value(identifier_type) as identifier_type,
        count(*) as count_groups,
        min(component) as smallest
    from carriers
    group by value_number
    having count(*) > 1

),

members as (

    select
        carriers.value_number,
        carriers.component,
        cards.loyalty_id,
        component_names.first_key,
        component_names.last_key
    from carriers
    inner join shared on carriers.value_number = shared.value_number
    inner join types on shared.identifier_type = types.identifier_type
    left join cards on carriers.component = cards.component
    left join component_names
        on
            carriers.component = component_names.component
            and types.checks_names

),

limits as (

    select
        members.value_number,
        any_value(shared.smallest) as smallest,
        min(members.loyalty_id) <> max(members.loyalty_id) as has_two_cards,
        case
            when any_value(shared.count_groups) > any_value(types.max_groups) then 'too_many_groups'
            when count(distinct members.first_key) > any_value(types.max_names) then 'too_many_names'
        end as reason
    from members
    inner join shared on members.value_number = shared.value_number
    inner join types on shared.identifier_type = types.identifier_type
    group by members.value_number

),

names as (

    select
        members.value_number,
        coalesce(members.last_key, '') as last_key,
        members.first_key,
        min(members.component) as carrier,
        count(*) as weight,
        min(members.loyalty_id) as first_card,
        max(members.loyalty_id) as last_card
    from members
    inner join limits on members.value_number = limits.value_number
    where
        members.first_key is not null
        and limits.reason is null
    group by members.value_number, members.first_key, coalesce(members.last_key, '')

),

agreeing as (

    select
        a.value_number,
        a.first_key,
        a.last_key,
        a.carrier as a,
        b.carrier as b,
        b.first_card,
        b.last_card
    from names as a
    inner join names as b on a.value_number = b.value_number
    where
        {{ names_agree('a.first_key', 'b.first_key') }}
        and {{ names_agree('a.last_key', 'b.last_key') }}

),

judged_names as (

    select
        names.value_number,
        names.first_key,
        names.last_key,
        names.carrier,
        names.weight,
        count(*) as count_agreeing,
        min(agreeing.first_card) <> max(agreeing.last_card) as has_two_cards
    from names
    inner join agreeing
        on
            names.value_number = agreeing.value_number
            and names.first_key = agreeing.first_key
            and names.last_key = agreeing.last_key
    group by names.value_number, names.first_key, names.last_key, names.carrier, names.weight

),

-- the name that most others agree with; where one does not, the value belongs to several people
pivots as (

    select
        value_number,
        max_by(carrier, (count_agreeing, weight, first_key, last_key)) as carrier,
        max(count_agreeing) < count(*) as has_conflict
    from judged_names
    group by value_number

),

named_edges as (

    select
        members.value_number,
        members.component as a,
        judged_names.carrier as b,
        case when judged_names.has_two_cards then 'two_loyalty_ids' end as reason
    from members
    inner join judged_names
        on
            members.value_number = judged_names.value_number
            and members.first_key = judged_names.first_key
            and coalesce(members.last_key, '') = judged_names.last_key

),

agreeing_edges as (

    select
        agreeing.value_number,
        agreeing.a,
        agreeing.b,
        case when judged_names.has_two_cards then 'two_loyalty_ids' end as reason
    from agreeing
    inner join judged_names
        on
            agreeing.value_number = judged_names.value_number
            and agreeing.first_key = judged_names.first_key
            and agreeing.last_key = judged_names.last_key
    where agreeing.a > agreeing.b

),

conflicting_edges as (

    select
        judged_names.value_number,
        judged_names.carrier as a,
        pivots.carrier as b,
        'name_conflict' as reason
    from judged_names
    inner join pivots on judged_names.value_number = pivots.value_number
    left join agreeing
        on
            judged_names.value_number = agreeing.value_number
            and judged_names.carrier = agreeing.a
            and pivots.carrier = agreeing.b
    where agreeing.a is null

),

nameless_edges as (

    select
        members.value_number,
        members.component as a,
        coalesce(pivots.carrier, limits.smallest) as b,
        case
            when limits.has_two_cards then 'two_loyalty_ids'
            when pivots.has_conflict then 'ambiguous_name'
        end as reason
    from members
    inner join limits on members.value_number = limits.value_number
    left join pivots on members.value_number = pivots.value_number
    where
        members.first_key is null
        and limits.reason is null

),

limited_edges as (

    select
        members.value_number,
        members.component as a,
        limits.smallest as b,
        limits.reason
    from members
    inner join limits on members.value_number = limits.value_number
    where limits.reason is not null

),

edges as (

    select * from named_edges
    union all
    select * from agreeing_edges
    union all
    select * from conflicting_edges
    union all
    select * from nameless_edges
    union all
    select * from limited_edges

),

-- refused one way and kept another: kept
pairs as (

    select
        value_number,
        greatest(a, b) as a,
        least(a, b) as b,
        case when count(*) = count(reason) then min(reason) end as reason
    from edges
    where a <> b
    group by value_number, greatest(a, b), least(a, b)

)

select
    pairs.value_number,
    pairs.a,
    pairs.b,
    carrier_a.record_number as record_a,
    carrier_b.record_number as record_b,
    pairs.reason
from pairs
inner join carriers as carrier_a
    on
        pairs.value_number = carrier_a.value_number
        and pairs.a = carrier_a.component
inner join carriers as carrier_b
    on
        pairs.value_number = carrier_b.value_number
        and pairs.b = carrier_b.component
{%- endmacro %}
