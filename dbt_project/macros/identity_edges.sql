{#
    Edges of one stage: which components of the stage before share an identifier of this stage, kept or refused.
    Components are compared, not records, so that a busy customer does not look like a shared address. `cards` is
    the relation (record_number, loyalty_id) of whose card is whose; none while the cards themselves are judged.
#}
{% macro identity_edges(stage, previous, cards=none) -%}
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

-- what a component is called: initials only where no name in full is known
component_names as (

    select
        components.component,
        records.first_key,
        records.formal_key,
        coalesce(records.last_key, '') as last_key
    from {{ ref('int_identity__records') }} as records
    inner join components on records.record_number = components.record_number
    where records.first_key is not null
    group by components.component, records.first_key, records.formal_key, records.last_key
    qualify
        length(records.first_key) > 2
        or max(length(records.first_key)) over (partition by components.component) <= 2

),

component_cards as (

    {%- if cards %}

    select
        components.component,
        min(cards.loyalty_id) as loyalty_id
    from {{ ref(cards) }} as cards
    inner join components on cards.record_number = components.record_number
    group by components.component

    {%- else %}

    select
        component,
        cast(null as varchar) as loyalty_id
    from components
    where false

    {%- endif %}

),

-- components with a record that a system of ours gave an id of its own
rooted as (

    select distinct components.component
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join components on identifiers.record_number = components.record_number
    where identifiers.is_of_account

),

carriers as (

    select
        identifiers.value_number,
        identifiers.identifier_type,
        components.component,
        min(identifiers.record_number) as record_number,
        count(*) as count_records,
        coalesce(bool_or(identifiers.is_of_account), false) as is_own
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join components on identifiers.record_number = components.record_number
    where
        identifiers.stage = '{{ stage }}'
        and identifiers.may_link
    group by identifiers.value_number, identifiers.identifier_type, components.component

),

shared as (

    select
        carriers.value_number,
        any_value(types.name_check) as name_check,
        any_value(types.max_names) as max_names,
        min(carriers.component) as smallest,
        case when count(*) > any_value(types.max_groups) then 'too_many_groups' end as reason
    from carriers
    inner join types on carriers.identifier_type = types.identifier_type
    group by carriers.value_number
    having count(*) > 1

),

-- one row per value, component and name that it goes by; a nameless component has one row
members as (

    select
        carriers.value_number,
        carriers.component,
        carriers.count_records,
        component_cards.loyalty_id,
        component_names.first_key,
        component_names.formal_key,
        component_names.last_key
    from carriers
    inner join shared on carriers.value_number = shared.value_number
    left join component_cards on carriers.component = component_cards.component
    left join component_names
        on
            carriers.component = component_names.component
            and shared.name_check <> 'none'

),

limits as (

    select
        members.value_number,
        any_value(shared.name_check) as name_check,
        any_value(shared.smallest) as smallest,
        min(members.loyalty_id) <> max(members.loyalty_id) as has_two_cards,
        case
            when any_value(shared.reason) is not null then any_value(shared.reason)
            when count(distinct members.formal_key) > any_value(shared.max_names)
                then 'too_many_names'
            -- every two names of a value are compared: one given to thousands would be millions of pairs
            when
                count(distinct (members.first_key, members.formal_key, members.last_key))
                > {{ var('identity_max_spellings') }} * any_value(shared.max_names)
                then 'too_many_names'
        end as reason
    from members
    inner join shared on members.value_number = shared.value_number
    group by members.value_number

),

names as (

    select
        members.value_number,
        members.first_key,
        members.formal_key,
        members.last_key,
        any_value(limits.name_check) as name_check,
        row_number() over (
            order by members.value_number, members.first_key, members.formal_key, members.last_key
        ) as name_number,
        min(members.component) as carrier,
        min(members.loyalty_id) as first_card,
        max(members.loyalty_id) as last_card
    from members
    inner join limits on members.value_number = limits.value_number
    where
        members.first_key is not null
        and limits.reason is null
    group by members.value_number, members.first_key, members.formal_key, members.last_key

),

name_members as (

    select
        names.value_number,
        names.name_number,
        members.component,
        members.count_records
    from members
    inner join names
        on
            members.value_number = names.value_number
            and members.first_key = names.first_key
            and members.formal_key = names.formal_key
            and members.last_key = names.last_key

),

agreeing as (

    select
        a.value_number,
        a.name_number as name_a,
        b.name_number as name_b,
        a.carrier as a,
        b.carrier as b,
        length(a.first_key) <= 2 as is_initial,
        b.first_card,
        b.last_card
    from names as a
    inner join names as b on a.value_number = b.value_number
    where
        case
            when
                {{ names_agree('a.first_key', 'b.first_key') }}
                or {{ names_agree('a.formal_key', 'b.formal_key') }}
                then
                    {{ names_agree('a.last_key', 'b.last_key') }}
                    or a.name_check = 'any'
                    -- people marry, but an initial is too little
                    or (a.name_check = 'first' and least(length(a.first_key), length(b.first_key)) > 2)
            else
                a.name_check = 'any' and {{ names_agree('a.last_key', 'b.last_key') }}
        end

),

-- an initial that two people's names begin with
ambiguous_initials as (

    select distinct one.name_a as name_number
    from agreeing as one
    inner join agreeing as other on one.name_a = other.name_a
    left join agreeing as both_ways
        on
            one.name_b = both_ways.name_a
            and other.name_b = both_ways.name_b
    where
        one.is_initial
        and both_ways.name_a is null

),

-- how many records speak for a name, counting those of names that can be the same
support as (

    select
        name_number,
        sum(count_records) as count_records
    from (
        select
            agreeing.name_a as name_number,
            name_members.component,
            any_value(name_members.count_records) as count_records
        from agreeing
        inner join name_members on agreeing.name_b = name_members.name_number
        group by agreeing.name_a, name_members.component
    ) as supporters
    group by name_number

),

judged_names as (

    select
        agreeing.value_number,
        agreeing.name_a as name_number,
        any_value(agreeing.a) as carrier,
        any_value(support.count_records) as count_records,
        case
            when any_value(ambiguous_initials.name_number) is not null then 'ambiguous_name'
            when min(agreeing.first_card) <> max(agreeing.last_card) then 'two_loyalty_ids'
        end as reason
    from agreeing
    inner join support on agreeing.name_a = support.name_number
    left join ambiguous_initials on agreeing.name_a = ambiguous_initials.name_number
    group by agreeing.value_number, agreeing.name_a

),

-- the name that most records speak for
pivots as (

    select
        value_number,
        max_by(name_number, (count_records, name_number)) as name_number,
        max_by(carrier, (count_records, name_number)) as carrier,
        max(count_records) as count_records
    from judged_names
    where reason is distinct from 'ambiguous_name'
    group by value_number

),

-- values whose owner's name is not that of nearly all records with a name
contested as (

    select pivots.value_number
    from pivots
    inner join (
        select distinct
            value_number,
            component,
            count_records
        from name_members
    ) as named on pivots.value_number = named.value_number
    group by pivots.value_number, pivots.count_records
    having pivots.count_records < {{ var('identity_name_majority') }} * sum(named.count_records)

),

edges as (

    -- each component with the first of its name
    select
        name_members.value_number,
        name_members.component as a,
        judged_names.carrier as b,
        judged_names.reason
    from name_members
    inner join judged_names on name_members.name_number = judged_names.name_number
    union all
    -- names that can be one
    select
        agreeing.value_number,
        agreeing.a,
        agreeing.b,
        coalesce(judged_a.reason, judged_b.reason) as reason
    from agreeing
    inner join judged_names as judged_a on agreeing.name_a = judged_a.name_number
    inner join judged_names as judged_b on agreeing.name_b = judged_b.name_number
    where agreeing.name_a < agreeing.name_b
    union all
    -- names that cannot
    select
        judged_names.value_number,
        judged_names.carrier as a,
        pivots.carrier as b,
        'name_conflict' as reason
    from judged_names
    inner join pivots on judged_names.value_number = pivots.value_number
    left join agreeing
        on
            judged_names.name_number = agreeing.name_a
            and pivots.name_number = agreeing.name_b
    where agreeing.name_a is null
    union all
    -- the nameless with the name, or with each other where there is none
    select
        members.value_number,
        members.component as a,
        coalesce(pivots.carrier, limits.smallest) as b,
        case
            when limits.name_check = 'required' then 'no_name'
            when limits.has_two_cards then 'two_loyalty_ids'
            when contested.value_number is not null then 'ambiguous_name'
        end as reason
    from members
    inner join limits on members.value_number = limits.value_number
    left join pivots on members.value_number = pivots.value_number
    left join contested on members.value_number = contested.value_number
    where
        members.first_key is null
        and limits.reason is null
    union all
    -- values over their limits join nobody
    select
        members.value_number,
        members.component as a,
        limits.smallest as b,
        limits.reason
    from members
    inner join limits on members.value_number = limits.value_number
    where limits.reason is not null

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
    {%- if cards and stage != 'account' %}
    -- a guest who shows something of two accounts does not make them one person's: whose guest, nobody knows
    case
        when
            pairs.reason is null
            and rooted_a.component is not null
            and rooted_b.component is not null
            and not (carrier_a.is_own and carrier_b.is_own)
            then 'held_for_review'
        else pairs.reason
    end as reason
    {%- else %}
    pairs.reason
    {%- endif %}
from pairs
inner join carriers as carrier_a
    on
        pairs.value_number = carrier_a.value_number
        and pairs.a = carrier_a.component
inner join carriers as carrier_b
    on
        pairs.value_number = carrier_b.value_number
        and pairs.b = carrier_b.component
left join rooted as rooted_a on pairs.a = rooted_a.component
left join rooted as rooted_b on pairs.b = rooted_b.component
{%- endmacro %}
