-- grain: one row per record, numbered, with its name as compared
with

records as (

    select * from {{ ref('int_records__unioned') }}

),

nicknames as (

    select * from {{ ref('nicknames') }}

),

keyed as (

    select
        record_id,
        channel,
        stream,
        record_key,
        arrived_date,
        birth_date,
        postcode,
        street,
        {{ name_key('first_name') }} as first_key,
        {{ name_key('last_name') }} as last_key
    from records

)

select
    -- in no meaningful order: contraction needs fewer rounds when neighbours are not numbered in a row
    row_number() over (order by md5(keyed.record_id), keyed.record_id) as record_number,
    keyed.*,
    coalesce(nicknames.name, keyed.first_key) as formal_key
from keyed
left join nicknames on keyed.first_key = nicknames.nickname
