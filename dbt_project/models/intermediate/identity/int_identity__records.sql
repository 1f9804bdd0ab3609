-- grain: one row per record, numbered, with its name as compared
with

records as (

    select * from {{ ref('int_records__unioned') }}

),

names as (

    select * from {{ ref('int_identity__names') }}

)

select
    -- in no meaningful order: contraction is faster when neighbours are not numbered in a row
    row_number() over (order by md5(records.record_id), records.record_id) as record_number,
    records.record_id,
    records.channel,
    records.stream,
    records.record_key,
    records.arrived_date,
    records.birth_date,
    {{ known_name('first_names.name_key', 'records.first_name') }} as first_key,
    {{ known_name('first_names.formal_key', 'records.first_name') }} as formal_key,
    {{ known_name('last_names.name_key', 'records.last_name') }} as last_key
from records
left join names as first_names on records.first_name = first_names.given_name
left join names as last_names on records.last_name = last_names.given_name
