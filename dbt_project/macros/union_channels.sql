{#
    All channels that give a canonical shape, one under the other. `columns` maps each column's name to its SQL type:
    every channel is cast to them, and where no channel gives the shape the relation has these columns and no row.
#}
{% macro union_channels(shape, columns) -%}
    {%- set models = [] -%}
    {%- for channel, shapes in var('channels').items() if shape in shapes -%}
        {%- do models.append('stg_' ~ channel ~ '__' ~ shape) -%}
    {%- endfor -%}
    {%- for model in models %}
    select
        {%- for name, type in columns.items() %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}
