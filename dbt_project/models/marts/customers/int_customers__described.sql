-- grain: one row per customer: what its records say of the person
with

records as (

    select
        records.*,
        customers.customer_id,
        upper(trim(records.country)) as country_code,
        lower(split_part(trim(records.language), '-', 1)) as language_code
    from {{ ref('int_records__unioned') }} as records
    inner join {{ ref('int_identity__customers') }} as customers using (record_id)

),

countries as (

    select * from {{ ref('countries') }}

),

time_zones as (

    select * from {{ ref('time_zones') }}

),

-- a record whose country or zone nobody knows says nothing of either
known as (

    select
        records.*,
        countries.country as known_country,
        time_zones.time_zone as known_time_zone
    from records
    left join countries on records.country_code = countries.country
    left join time_zones on records.time_zone = time_zones.time_zone

),

latest as (

    select
        customer_id,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        min_by(channel, (first_seen_at, channel, stream, record_key)) as first_seen_channel,
        min_by(record_id, (first_seen_at, channel, stream, record_key)) as first_seen_record,
        {%- for column in ['known_country', 'known_time_zone', 'language_code', 'gender'] %}
        max_by({{ column }}, (last_seen_at, record_id)) filter (where {{ column }} is not null)
            as {{ column }},
        {%- endfor %}
        count(*) as count_records,
        count(distinct channel) as count_channels
    from known
    group by customer_id

),

birth_years as (

    select
        customer_id,
        year(birth_date) as birth_year,
        count(*) as count_records
    from records
    where birth_date is not null
    group by customer_id, year(birth_date)

),

commonest_birth_years as (

    select
        customer_id,
        max_by(birth_year, (count_records, birth_year)) as birth_year
    from birth_years
    group by customer_id

),

-- spellings of one first name count together; the one with capitals and small letters is shown
first_names as (

    select
        customer_id,
        lower(trim(first_name)) as name_key,
        count(*) as count_records,
        max_by(trim(first_name), (
            trim(first_name) <> upper(trim(first_name))
            and trim(first_name) <> lower(trim(first_name)),
            trim(first_name)
        )) as spelling
    from records
    where trim(first_name) <> ''
    group by customer_id, lower(trim(first_name))

),

commonest_first_names as (

    select
        customer_id,
        max_by(spelling, (count_records, spelling)) as spelling
    from first_names
    group by customer_id

)

select
    latest.customer_id,
    latest.first_seen_at,
    latest.last_seen_at,
    latest.first_seen_channel,
    latest.first_seen_record,
    latest.known_country as country,
    coalesce(latest.language_code, countries.language) as language,
    coalesce(latest.known_time_zone, countries.time_zone) as time_zone,
    latest.gender,
    commonest_birth_years.birth_year,
    case
        when names.spelling = upper(names.spelling) or names.spelling = lower(names.spelling)
            then upper(left(names.spelling, 1)) || lower(substr(names.spelling, 2))
        else names.spelling
    end as greeting_name,
    latest.count_records,
    latest.count_channels
from latest
left join countries on latest.known_country = countries.country
left join commonest_birth_years on latest.customer_id = commonest_birth_years.customer_id
left join commonest_first_names as names on latest.customer_id = names.customer_id
