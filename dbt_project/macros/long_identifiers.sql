{#
    One row per record and identifier, from a wide relation with one column per identifier type. `is_current` of the
    relation says whether it is what the channel says now; what it said before shows since when a value is known.
#}
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
    last_seen_at,
    is_current
from {{ relation }}
where {{ type }} is not null
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}

{#
    Since when a row's values may be known: what it held on the stream's first landing since the row was made, what came
    later since that version. So who enters another's number into an old account has it since today, also where the
    account had not landed before (its row was set aside, say).
#}
{% macro known_since(made_at) -%}
    case
        when _arrived = _first_arrived and _arrived = min(_first_arrived) over () then {{ made_at }}
        else greatest({{ made_at }}, updated_at)
    end
{%- endmacro %}
