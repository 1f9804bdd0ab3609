-- grain: one row per identifier and pair of records that it joined, or would have joined but for the reason
{%- set stages = ['loyalty', 'account', 'email', 'cookie', 'phone', 'device'] %}
with

records as (

    select
        record_number,
        record_id
    from {{ ref('int_identity__records') }}

),

numbered_values as (

    select distinct
        value_number,
        identifier_type,
        identifier_value
    from {{ ref('int_identity__identifiers') }}

),

judged as (
    {% for stage in stages %}
    select
        edges.value_number,
        edges.record_a,
        edges.record_b,
        -- kept as an edge, but the component as a whole was refused
        case
            when edges.reason is not null then edges.reason
            when a.component <> b.component then coalesce(a.reason, b.reason)
        end as reason
    from {{ ref('int_identity__' ~ stage ~ '_edges') }} as edges
    inner join {{ ref('int_identity__' ~ stage ~ '_components') }} as a
        on edges.record_a = a.record_number
    inner join {{ ref('int_identity__' ~ stage ~ '_components') }} as b
        on edges.record_b = b.record_number
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

overridden as (

    select
        'override' as identifier_type,
        {{ sha256_hex('record_a || link || record_b') }} as identifier_hash,
        record_a,
        record_b,
        link = 'always' as is_kept,
        case when link = 'never' then 'never_link' end as reason
    from {{ ref('identity_overrides') }}

)

select
    numbered_values.identifier_type,
    {{ sha256_hex('numbered_values.identifier_value') }} as identifier_hash,
    record_a.record_id as record_a,
    record_b.record_id as record_b,
    judged.reason is null as is_kept,
    judged.reason
from judged
inner join numbered_values on judged.value_number = numbered_values.value_number
inner join records as record_a on judged.record_a = record_a.record_number
inner join records as record_b on judged.record_b = record_b.record_number
union all
select * from overridden
