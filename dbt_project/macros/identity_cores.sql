{#
    Parts of each customer that hold together by values which nobody can bring along by knowing them: identifiers of
    types with `flag` (a column of seed identifier_types) that a system of ours wrote, and pairs that a person joined
    (seed identity_overrides). `core` is the smallest record number of the part.
#}
{% macro identity_cores(flag) -%}
with

records as (

    select
        numbered.record_number,
        customers.record_id,
        customers.customer_id,
        customers.channel,
        customers.arrived_date,
        unverified.channel is null as is_verified
    from {{ ref('int_identity__customers') }} as customers
    inner join {{ ref('int_identity__records') }} as numbered
        on customers.record_id = numbered.record_id
    left join {{ ref('unverified_streams') }} as unverified
        on
            customers.channel = unverified.channel
            and customers.stream = unverified.stream

),

types as (

    select identifier_type from {{ ref('identifier_types') }}
    where {{ flag }}

),

carriers as (

    select
        records.record_number as a,
        min(records.record_number) over (
            partition by records.customer_id, identifiers.value_number
        ) as b
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join types on identifiers.identifier_type = types.identifier_type
    inner join records on identifiers.record_number = records.record_number
    where
        identifiers.may_link
        and records.is_verified

),

confirmed_pairs as (

    select
        record_a.record_number as a,
        record_b.record_number as b
    from {{ ref('identity_overrides') }} as pair
    inner join records as record_a on pair.record_a = record_a.record_id
    inner join records as record_b
        on
            pair.record_b = record_b.record_id
            and record_a.customer_id = record_b.customer_id
    where pair.link = 'always'

),

core_edges as (

    select
        a,
        b
    from carriers
    union all
    select
        a,
        b
    from confirmed_pairs

),

{{ contract('core_edges') }}

select
    records.record_number,
    records.record_id,
    records.customer_id,
    records.channel,
    records.arrived_date,
    records.is_verified,
    coalesce(contracted.component, records.record_number) as core
from records
left join contracted on records.record_number = contracted.node
{%- endmacro %}
