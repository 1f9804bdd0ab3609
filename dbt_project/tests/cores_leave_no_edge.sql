-- What holds a part of a customer together stands in two parts: vars.identity_rounds were too few.
{% for flag, cores in [
    ('gives_address', 'int_identity__address_cores'),
    ('speaks_for_others', 'int_identity__consent_cores'),
] %}
    select
        '{{ flag }}' as flag,
        cores.customer_id,
        identifiers.value_number
    from {{ ref(cores) }} as cores
    inner join {{ ref('int_identity__identifiers') }} as identifiers
        on cores.record_number = identifiers.record_number
    inner join {{ ref('identifier_types') }} as types
        on identifiers.identifier_type = types.identifier_type
    where
        types.{{ flag }}
        and identifiers.may_link
        and cores.is_verified
    group by cores.customer_id, identifiers.value_number
    having count(distinct cores.core) > 1
    {% if not loop.last %}union all{% endif %}
{% endfor %}
