{# Cyrillic letters that take several Latin ones, and others that have no plain letter beneath them. #}
{% macro spell_out(name, letters) -%}
    {%- set ns = namespace(text=name) -%}
    {%- for letter, latin in letters.items() -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letter ~ "', '" ~ latin ~ "')" -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}

{# A name in lower case whose letters have all been spelled out: Latin letters only, accents dropped. #}
{% macro plain_letters(name) -%}
    nullif(
        regexp_replace(
            strip_accents(
                translate(
                    {{ name }},
                    'абвгдезийклмнопрстуфыэіїєґқңғүұһәө',
                    'abvgdeziyklmnoprstufyeiiegknguuhao'
                )
            ),
            '[^a-z]', '', 'g'
        ),
        ''
    )
{%- endmacro %}

{# Whether two name keys can be one name: one begins the other (an initial too), or they differ by slips. #}
{% macro names_agree(a, b) -%}
    (starts_with({{ a }}, {{ b }})
    or starts_with({{ b }}, {{ a }})
    or jaro_winkler_similarity({{ a }}, {{ b }}) >= {{ var('identity_name_similarity') }}
    or damerau_levenshtein({{ a }}, {{ b }}) <= least(length({{ a }}), length({{ b }})) // 4)
{%- endmacro %}
