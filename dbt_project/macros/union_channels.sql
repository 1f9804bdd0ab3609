{# All channels that give a canonical shape, one under the other, columns by name. #}
{% macro union_channels(shape, columns) -%}
    {%- set models = [] -%}
    {%- for channel, shapes in var('channels').items() if shape in shapes -%}
        {%- do models.append('stg_' ~ channel ~ '__' ~ shape) -%}
    {%- endfor -%}
    {%- if not models -%}
        {{ exceptions.raise_compiler_error("vars.channels in dbt_project.yml gives no channel the shape '" ~ shape ~ "'") }}
    {%- endif -%}
    {%- for model in models %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
