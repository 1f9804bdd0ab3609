{# Fails on each combination of columns that occurs more than once. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# The model's grain: its key is never null and never twice. One query where unique and not_null are several. #}
{% test grain(model, key) %}
select {{ key | join(', ') }}
from {{ model }}
group by {{ key | join(', ') }}
having
    count(*) > 1
    {%- for column in key %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
