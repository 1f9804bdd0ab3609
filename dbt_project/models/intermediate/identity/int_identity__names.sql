-- grain: one row per name as given
with

records as (

    select * from {{ ref('int_records__unioned') }}

),

nicknames as (

    select * from {{ ref('nicknames') }}

),

given as (

    select first_name as given_name from records
    union
    select last_name as given_name from records

),

keyed as (

    select
        given_name,
        name_key(given_name) as name_key
    from given
    where given_name is not null

)

select
    keyed.given_name,
    keyed.name_key,
    coalesce(nicknames.name, keyed.name_key) as formal_key
from keyed
left join nicknames on keyed.name_key = nicknames.nickname
