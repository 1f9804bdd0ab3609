{#
    A value that names a person, or null where a system wrote a placeholder for nobody: nothing but zeros and
    punctuation, or a value of seed placeholders for all, for its kind (id, email, phone, name) or for its type.
    Question marks are what is left of a name that somebody's system could not write: a name, and an unknown one.
#}
{% macro real_value(value, kind, type) -%}
    case
        when placeholder_key({{ value }}) not in (
            select '' as value
            union all
            select placeholder_key(value) as value
            from {{ ref('placeholders') }}
            where identifier_type in ('all', '{{ kind }}', '{{ type }}')
        ) then {{ value }}
        {%- if kind == 'name' %}
        when regexp_matches({{ value }}, '[?\x{fffd}]') then {{ value }}
        {%- endif %}
    end
{%- endmacro %}

{#
    A code or short name that a source gives, such as a category, as it may stand in the profile: null where it is
    long, holds controls or could be an address. Whatever a visitor types stops no audit.
#}
{% macro code_value(value) -%}
    case
        when length({{ value }}) <= 100 and not regexp_matches({{ value }}, '@|[[:cntrl:]]')
            then {{ value }}
    end
{%- endmacro %}

{# Under what the lookup `phone_numbers` has a number as given, read in a country (see include/warehouse/phones.py). #}
{% macro phone_lookup_key(phone, country) -%}
    trim({{ phone }}) || '|' || coalesce(country_code({{ country }}), '')
{%- endmacro %}

{# SHA-256 of a text, 64 hexadecimal digits: for ids alone. Of an address it hides nothing: `keyed_hash` does. #}
{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{#
    Hash of what reaches or names a person (an address, a number, an identifier) under the keys of this installation,
    64 hexadecimal digits: see include/keyed.py.
#}
{% macro keyed_hash(text) -%}
    keyed_hash({{ text }})
{%- endmacro %}
