{#
    Whether two name keys can be one name: one begins the other (an initial too), or they differ by slips. Where a
    sign is a syllable or a word, one sign more or less is another name. Slips are counted in Latin letters alone:
    the functions compare bytes, of which the letters of another script share most.
#}
{% macro names_agree(a, b) -%}
    ({{ a }} = {{ b }}
    or {{ a }} = ''
    or {{ b }} = ''
    or (
        not regexp_matches({{ a }} || {{ b }}, '[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]')
        and (
            starts_with({{ a }}, {{ b }})
            or starts_with({{ b }}, {{ a }})
            or (
                regexp_full_match({{ a }} || {{ b }}, '[a-z]+')
                and (
                    jaro_winkler_similarity({{ a }}, {{ b }}) >= {{ var('identity_name_similarity') }}
                    or damerau_levenshtein({{ a }}, {{ b }})
                    <= least(length({{ a }}), length({{ b }})) // 4
                )
            )
        )
    ))
{%- endmacro %}

{# The key of a name that was given; where no letter of it is left, one that agrees with no other record's. #}
{% macro known_name(key, given) -%}
    case when {{ given }} is not null then coalesce({{ key }}, '#' || md5(records.record_id)) end
{%- endmacro %}
