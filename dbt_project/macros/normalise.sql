{#
    A value that names a person, or null where a system wrote a placeholder for nobody: nothing but zeros and
    punctuation, or a value of seed placeholders for all, for its kind (id, email, phone, name) or for its type.
#}
{% macro real_value(value, kind, type) -%}
    case
        when not regexp_matches({{ value }}, '^[0[:punct:][:space:]]*$')
            and trim(lower({{ value }}), '<>()[]{}"''*#. ') not in (
                select value from {{ ref('placeholders') }}
                where identifier_type in ('all', '{{ kind }}', '{{ type }}')
            )
            then {{ value }}
    end
{%- endmacro %}

{# Under what the lookup `phone_numbers` has a number as given, read in a country (see include/warehouse/phones.py). #}
{% macro phone_lookup_key(phone, country) -%}
    trim({{ phone }}) || '|' || coalesce(country_code({{ country }}), '')
{%- endmacro %}

{# SHA-256 of a text, 64 hexadecimal digits. #}
{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}
