{# The day this run is about, as a date. Models never ask the clock, so that a night can be replayed. #}
{% macro business_date() -%}
    cast('{{ var("business_date") }}' as date)
{%- endmacro %}

{# The moment of this run, as a timestamp with time zone. #}
{% macro now() -%}
    cast('{{ var("now") }}' as timestamptz)
{%- endmacro %}

{# The day in the company's time zone on which a moment falls. #}
{% macro local_date(moment) -%}
    cast(({{ moment }}) at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}
