-- grain: one row per customer: what its records say of the person
with

records as (

    select
        records.*,
        customers.customer_id,
        country_code(records.country) as country_code,
        nullif(
            regexp_extract(lower(trim(records.language)), '^([a-z]{2,3})([-_]|$)', 1), ''
        ) as language_code
    from {{ ref('int_records__unioned') }} as records
    inner join {{ ref('int_identity__customers') }} as customers
        on records.record_id = customers.record_id

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

described as (

    select
        customer_id,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        min_by(channel, (first_seen_at, channel, stream, record_key)) as first_seen_channel,
        min_by(record_id, (first_seen_at, channel, stream, record_key)) as first_seen_record,
        {% for column in ['known_country', 'known_time_zone', 'language_code', 'gender'] %}
            max_by({{ column }}, (last_seen_at, record_id)) filter (where {{ column }} is not null)
                as {{ column }},
        {% endfor %}
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

),

greetings as (

    select
        customer_id,
        case
            when spelling in (upper(spelling), lower(spelling))
                then upper(left(spelling, 1)) || lower(substr(spelling, 2))
            else spelling
        end as greeting_name
    from commonest_first_names

)

select
    described.customer_id,
    described.first_seen_at,
    described.last_seen_at,
    described.first_seen_channel,
    described.first_seen_record,
    described.known_country as country,
    coalesce(described.language_code, countries.language) as language,
    coalesce(described.known_time_zone, countries.time_zone) as time_zone,
    described.gender,
    commonest_birth_years.birth_year,
    greetings.greeting_name,
    described.count_records,
    described.count_channels
from described
left join countries on described.known_country = countries.country
left join commonest_birth_years on described.customer_id = commonest_birth_years.customer_id
left join greetings on described.customer_id = greetings.customer_id
