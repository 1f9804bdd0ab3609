{#
    Components after one stage: those of the stage before, joined along its kept edges, unless the whole would
    hold two loyalty ids, a pair that must never be linked, or more people than may be joined at once: then it
    stays as it was before the stage, with the reason.
#}
{% macro identity_components(previous, edges, cards=none) -%}
with

before as (

    select
        record_number,
        component
    from {{ ref(previous) }}

),

kept_edges as (

    select
        a,
        b
    from {{ ref(edges) }}
    where reason is null

),

{{ contract('kept_edges') }},

joined as (

    select
        before.record_number,
        before.component as old_component,
        contracted.component
    from before
    inner join contracted on before.component = contracted.node

),

{% if cards -%}
two_cards as (

    select
        joined.component,
        'two_loyalty_ids' as reason
    from {{ ref(cards) }} as cards
    inner join joined on cards.record_number = joined.record_number
    group by joined.component, joined.old_component
    qualify min(min(cards.loyalty_id)) over (partition by joined.component)
        <> max(min(cards.loyalty_id)) over (partition by joined.component)

),

-- the first of January is what tills write where they do not know
birth_dates as (

    select
        joined.component,
        joined.old_component,
        mode(records.birth_date order by records.birth_date) as birth_date
    from {{ ref('int_identity__records') }} as records
    inner join joined on records.record_number = joined.record_number
    where
        records.birth_date is not null
        and extract(doy from records.birth_date) > 1
    group by joined.component, joined.old_component

),

two_birth_dates as (

    select
        component,
        'two_birth_dates' as reason
    from birth_dates
    group by component
    having max(birth_date) - min(birth_date) > 2

),

{% endif -%}
too_many_people as (

    select
        joined.component,
        'held_for_review' as reason
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join joined on identifiers.record_number = joined.record_number
    where
        identifiers.may_link
        and identifiers.stage in ('loyalty', 'account')
    group by joined.component
    having count(distinct identifiers.value_number) > {{ var('identity_max_joined') }}

),

never_pairs as (

    select distinct
        a.component,
        'never_link' as reason
    from {{ ref('identity_overrides') }} as pair
    inner join {{ ref('int_identity__records') }} as record_a on pair.record_a = record_a.record_id
    inner join {{ ref('int_identity__records') }} as record_b on pair.record_b = record_b.record_id
    inner join joined as a on record_a.record_number = a.record_number
    inner join joined as b
        on
            record_b.record_number = b.record_number
            and a.component = b.component
    where pair.link = 'never'

),

refused as (

    select
        component,
        min(reason) as reason
    from (
        {%- if cards %}
        select * from two_cards
        union all
        select * from two_birth_dates
        union all
        {%- endif %}
        select * from too_many_people
        union all
        select * from never_pairs
    ) as reasons
    group by component

)

select
    before.record_number,
    case when refused.component is null then coalesce(joined.component, before.component) else before.component end
        as component,
    refused.reason
from before
left join joined on before.record_number = joined.record_number
left join refused on joined.component = refused.component
{%- endmacro %}
