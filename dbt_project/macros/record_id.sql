{# Name of a record across all channels: `channel|stream|record_key`; null if its key is null. `stream` is SQL. #}
{% macro record_id(channel, stream, record_key) -%}
    '{{ channel }}|' || {{ stream }} || '|' || {{ record_key }}
{%- endmacro %}
