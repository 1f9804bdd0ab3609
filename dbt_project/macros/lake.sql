{# Landed partitions of a stream that this run was given: all on a full build, else those new or changed. #}
{% macro lake(channel, stream) -%}
    {{ return(source(channel, stream)) }}
{%- endmacro %}

{# Dates of those partitions, empty ones included: what the base model holds of them is replaced. #}
{% macro lake_dates(channel, stream) -%}
    select cast(parse_filename(file, true) as date) as _date
    from glob('{{ var("inputs") }}/{{ channel }}/{{ stream }}/*-*-*.parquet')
{%- endmacro %}
