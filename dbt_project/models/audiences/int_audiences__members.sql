-- grain: one row per audience and customer in it
{% for audience in listed('audiences') %}
    select
        '{{ audience | replace("aud_", "", 1) }}' as audience,
        customer_id
    from {{ ref(audience) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
