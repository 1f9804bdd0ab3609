{# One row per record and identifier, from a wide relation with one column per identifier type. #}
{% macro long_identifiers(channel, relation, types) -%}
{%- for type in types %}
select
    {{ record_id(channel, 'stream', 'record_key') }} as record_id,
    '{{ channel }}' as channel,
    stream,
    record_key,
    '{{ type }}' as identifier_type,
    {{ type }} as identifier_value,
    country,
    first_seen_at,
    last_seen_at
from {{ relation }}
where {{ type }} is not null
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}
