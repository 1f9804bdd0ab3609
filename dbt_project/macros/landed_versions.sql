{#
    Every version of every row that landed in a stream, with two marks: `_is_latest` (by `changed_at`, then
    `_date`, then position in the file) and `_first_arrived` (the day on which the key first arrived; an update
    never moves it). Incremental: a partition that comes again replaces what it gave before, and only keys that
    it holds or held are judged anew, so that a night gives what a rebuild would.
#}
{% macro landed_versions(channel, stream, key, changed_at='updated_at') -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=key,
        on_schema_change='append_new_columns',
        post_hook="{{ forget_vanished_keys('" ~ channel ~ "', '" ~ stream ~ "', " ~ key ~ ") }}",
    ) }}
    {%- set keys = key | join(', ') -%}
with

landed as (

    select
        * exclude (file_row_number),
        file_row_number as _position
    from {{ lake(channel, stream) }}

),
{% if is_incremental() %}
replaced as (

    {{ lake_dates(channel, stream) }}

),

touched as (

    select {{ keys }} from landed
    union
    select {{ keys }} from {{ this }}
    where _date in (select _date from replaced)

),

untouched_versions as (

    select kept.* exclude (_first_arrived, _is_latest)
    from {{ this }} as kept
    inner join touched using ({{ keys }})
    where kept._date not in (select _date from replaced)

),

versions as (

    select * from landed
    union all by name
    select * from untouched_versions

)
{% else %}
versions as (

    select * from landed

)
{% endif %}
select
    *,
    min(_arrived) over (partition by {{ keys }}) as _first_arrived,
    row_number() over (
        partition by {{ keys }}
        order by {{ changed_at }} desc, _date desc, _position desc
    ) = 1 as _is_latest
from versions
{%- endmacro %}

{# Keys that a replaced partition no longer holds, and no other one does. #}
{% macro forget_vanished_keys(channel, stream, key) -%}
    {%- set keys = key | join(', ') -%}
    delete from {{ this }} as held
    where held._date in ({{ lake_dates(channel, stream) }})
    and not exists (
        select 1 from {{ lake(channel, stream) }} as landed
        where {% for column in key %}landed.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    )
{%- endmacro %}
