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
    first_names.name_key as first_key,
    first_names.formal_key,
    last_names.name_key as last_key
from records
left join names as first_names on records.first_name = first_names.given_name
left join names as last_names on records.last_name = last_names.given_name
