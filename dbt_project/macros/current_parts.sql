{#
    The parts (lines, items) of each document's latest version, and no others: a part that a later version left out
    is gone, also where the whole list is empty. Both are base models; `document_key` are the columns that both have,
    `key` is the parts' own. Parts whose document did not land (it was refused) stay until it does.
#}
{% macro current_parts(parts, documents, document_key, key) -%}
    select parts.*
    from {{ ref(parts) }} as parts
    left join {{ ref(documents) }} as documents
        on
            documents._is_latest
            {%- for column in document_key %}
            and parts.{{ column }} = documents.{{ column }}
            {%- endfor %}
    where
        case
            when documents._date is null then parts._is_latest
            -- landed before versions were kept: the parts that came on the same day
            when documents._row_version is null or parts._row_version is null
                then parts._date = documents._date
            else parts._row_version = documents._row_version
        end
    qualify row_number() over (
        partition by {% for column in key %}parts.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        order by parts._date desc, parts._position desc
    ) = 1
{%- endmacro %}
