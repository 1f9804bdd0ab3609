-- grain: one row per consent event and mailbox or number that it may speak of
with

consents as (

    select * from {{ ref('int_consents__unioned') }}

),

-- a number written as it is dialled at home may be of each country where the company has people
countries as (

    select string_agg(distinct country, ',' order by country) as countries
    from (
        select country_code(country) as country from {{ ref('int_records__unioned') }}
        union all
        select calling_region(calling_code) as country
        from (
            select distinct left(address, 4) as calling_code
            from {{ ref('int_identifiers__unioned') }}
            where identifier_type = 'phone'
        ) as numbers
        union all
        select '{{ var("country") }}' as country
    ) as known
    where country is not null

),

-- a refusal may match too much, never too little: every address it names, by every reading
refusals as (

    select
        consents.consent_event_key,
        'email' as identifier_type,
        unnest(email_readings(consents.email_as_given)) as address
    from consents
    where consents.status <> 'granted'
    union
    select
        consents.consent_event_key,
        'phone' as identifier_type,
        unnest(phone_readings(
            consents.phone_as_given,
            concat_ws(',', country_code(consents.jurisdiction), countries.countries)
        )) as address
    from consents
    cross join countries
    where consents.status <> 'granted'

),

-- a grant speaks of the one address that it was given for
grants as (

    select
        consent_event_key,
        case when address = email then 'email' else 'phone' end as identifier_type,
        address
    from consents
    where status = 'granted'

),

named as (

    select * from refusals
    union all
    select * from grants

)

select distinct
    consent_event_key,
    identifier_type,
    case identifier_type when 'email' then mailbox(address) else address end as identifier_value
from named
where address is not null
