{# A personal name for comparing: Latin letters only, lower case, accents dropped, Cyrillic transliterated. #}
{% macro name_key(name) -%}
    {%- set ns = namespace(text="lower(trim(" ~ name ~ "))") -%}
    {%- set digraphs = {
        'ж': 'zh', 'х': 'kh', 'ц': 'ts', 'ч': 'ch', 'ш': 'sh', 'щ': 'shch', 'ю': 'yu', 'я': 'ya', 'ё': 'e',
        'ß': 'ss', 'æ': 'ae', 'ø': 'o', 'ł': 'l', 'ь': '', 'ъ': '',
    } -%}
    {%- for letter, latin in digraphs.items() -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ letter ~ "', '" ~ latin ~ "')" -%}
    {%- endfor -%}
    nullif(regexp_replace(
        strip_accents(translate({{ ns.text }}, 'абвгдезийклмнопрстуфыэіїєґқңғүұһәө', 'abvgdeziyklmnoprstufyeiiegknguuhao')),
        '[^a-z]', '', 'g'
    ), '')
{%- endmacro %}

{# Whether two name keys can be one name: one begins the other (an initial too), or they differ by a slip. #}
{% macro names_agree(a, b) -%}
    (starts_with({{ a }}, {{ b }})
    or starts_with({{ b }}, {{ a }})
    or jaro_winkler_similarity({{ a }}, {{ b }}) >= {{ var('identity_name_similarity') }}
    or damerau_levenshtein({{ a }}, {{ b }}) <= least(length({{ a }}), length({{ b }})) // 4)
{%- endmacro %}
