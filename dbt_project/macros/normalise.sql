{# E-mail as one would send to it: no blanks, lower case; null if it is no address. #}
{% macro normalise_email(email) -%}
    case
        when regexp_matches({{ email }}, '^[^@]+@[^@]+\.[^@.]+$')
            then lower(regexp_replace({{ email }}, '\s', '', 'g'))
    end
{%- endmacro %}

{# The mailbox behind a normalised e-mail, for matching only: tag removed, provider spellings and ignored dots folded. #}
{% macro match_email(address) -%}
    {%- set box = "split_part(split_part(" ~ address ~ ", '@', 1), '+', 1)" -%}
    {%- set domain -%}
        case split_part({{ address }}, '@', 2)
        {%- for alias, canonical in var('email_domain_aliases').items() %} when '{{ alias }}' then '{{ canonical }}'{% endfor %}
        else split_part({{ address }}, '@', 2) end
    {%- endset -%}
    case
        when {{ domain }} in ('{{ var("email_domains_ignoring_dots") | join("', '") }}')
            then replace({{ box }}, '.', '')
        else {{ box }}
    end || '@' || {{ domain }}
{%- endmacro %}

{# Telephone number in E.164 from the lookup `phone_numbers` joined under `lookup` (see include/warehouse/phones.py). #}
{% macro phone_lookup_key(phone, country) -%}
    trim({{ phone }}) || '|' || coalesce(upper({{ country }}), '')
{%- endmacro %}

{# SHA-256 of a text, 64 hexadecimal digits. #}
{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}
