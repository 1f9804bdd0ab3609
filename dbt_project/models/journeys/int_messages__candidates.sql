-- grain: one row per journey, step and trigger: everybody somebody would like to write to
{% for journey in listed('journeys') %}
    select
        journey,
        step,
        once_per,
        trigger_id,
        trigger_record,
        customer_id,
        channel,
        purpose,
        importance,
        due_at,
        expires_at
    from {{ ref(journey) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
