-- grain: one row per identifier and pair of records that it joined, or would have joined
with

records as (

    select
        record_number,
        record_id
    from {{ ref('int_identity__records') }}

),

numbered_values as (

    select distinct
        value_number,
        identifier_type,
        identifier_value
    from {{ ref('int_identity__identifiers') }}

),

judged as (

    {{ judged_links(['loyalty', 'account', 'email', 'cookie', 'phone', 'device']) }}

),

overridden as (

    select
        'override' as identifier_type,
        {{ keyed_hash('record_a || link || record_b') }} as identifier_hash,
        record_a,
        record_b,
        link = 'always' as is_kept,
        case when link = 'never' then 'never_link' end as reason
    from {{ ref('identity_overrides') }}

)

select
    numbered_values.identifier_type,
    {{ keyed_hash('numbered_values.identifier_value') }} as identifier_hash,
    record_a.record_id as record_a,
    record_b.record_id as record_b,
    judged.reason is null as is_kept,
    judged.reason
from judged
inner join numbered_values on judged.value_number = numbered_values.value_number
inner join records as record_a on judged.record_a = record_a.record_number
inner join records as record_b on judged.record_b = record_b.record_number
union all
select * from overridden
