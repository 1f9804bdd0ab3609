{# The end of the business date, or of the day `days_before` it: a midnight in the company's time zone. #}
{% macro day_end(days_before=0) -%}
    (
        cast({{ dbt.dateadd('day', 1 - days_before, business_date()) }} as timestamp)
        at time zone '{{ var("time_zone") }}'
    )
{%- endmacro %}

{# The next `hour` o'clock on the clocks of `time_zone` that is not before `moment`. #}
{% macro next_local_hour(moment, time_zone, hour) -%}
    {%- set local = "((" ~ moment ~ ") at time zone (" ~ time_zone ~ "))" -%}
    (
        (
            date_trunc('day', {{ local }}) + interval '{{ hour }} hours'
            + case when {{ local }} > date_trunc('day', {{ local }}) + interval '{{ hour }} hours'
                then interval '1 day' else interval '0 days' end
        ) at time zone ({{ time_zone }})
    )
{%- endmacro %}

{# A number from 0 up to 1, the same for the same text on every machine. #}
{% macro share_of(text) -%}
    (cast('0x' || substr({{ sha256_hex(text) }}, 1, 8) as bigint) / 4294967296.0)
{%- endmacro %}

{# Models of a kind (`audiences`, `journeys`) by name: every run lists the files and passes the list. #}
{% macro listed(kind) -%}
    {%- set names = var(kind) -%}
    {{ return(names.split(',') if names is string else names) }}
{%- endmacro %}
