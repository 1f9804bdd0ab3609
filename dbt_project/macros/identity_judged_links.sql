{# Edges of all stages with the verdict on each: a kept edge can still fall with its component. #}
{% macro judged_links(stages) -%}
{%- for stage in stages %}
    select
        edges.value_number,
        edges.record_a,
        edges.record_b,
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
{%- endmacro %}
