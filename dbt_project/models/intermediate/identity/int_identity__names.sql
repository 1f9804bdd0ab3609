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

cyrillic as (

    select
        given_name,
        {{ spell_out('lower(given_name)', {
            'ж': 'zh', 'х': 'kh', 'ц': 'ts', 'ч': 'ch', 'ш': 'sh', 'щ': 'shch', 'ю': 'yu', 'я': 'ya',
        }) }} as spelled
    from given
    where given_name is not null

),

others as (

    select
        given_name,
        {{ spell_out('spelled', {
            'ё': 'e', 'ß': 'ss', 'æ': 'ae', 'ø': 'o', 'ł': 'l', 'ь': '', 'ъ': '',
        }) }} as spelled
    from cyrillic

),

keyed as (

    select
        given_name,
        {{ plain_letters('spelled') }} as name_key
    from others

)

select
    keyed.given_name,
    keyed.name_key,
    coalesce(nicknames.name, keyed.name_key) as formal_key
from keyed
left join nicknames on keyed.name_key = nicknames.nickname
