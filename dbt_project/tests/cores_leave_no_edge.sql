-- What holds a part of a customer together stands in two parts: vars.identity_rounds were too few.
{% for flag, cores in [
    ('gives_address', 'int_identity__address_cores'),
    ('speaks_for_others', 'int_identity__consent_cores'),
] %}
    select
        '{{ flag }}' as flag,
        parts.customer_id,
        identifiers.value_number
    from {{ ref(cores) }} as parts
    inner join {{ ref('int_identity__identifiers') }} as identifiers
        on parts.record_number = identifiers.record_number
    inner join {{ ref('identifier_types') }} as declared
        on identifiers.identifier_type = declared.identifier_type
    where
        declared.{{ flag }}
        and identifiers.may_link
        and parts.is_verified
    group by parts.customer_id, identifiers.value_number
    having count(distinct parts.core) > 1
    {% if not loop.last %}union all{% endif %}
{% endfor %}
