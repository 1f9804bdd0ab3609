{#
    Every version of every row that landed in a stream, with three marks: `_is_latest` (by `changed_at`, then
    `_date`, then position in the file), `_first_arrived` (the day on which the key first arrived; an update
    never moves it) and `_is_from_future`. Incremental: a partition that comes again replaces what it gave before,
    and only keys that it holds or held are judged again, so that a night gives what a rebuild would.

    Two rules hold for the columns of every stream, by its contract. A value that systems write for nobody is no
    value (seed placeholders). Nothing has happened after it arrived: a later moment counts as the end of the
    day on which the row arrived, a later date of birth as none; `_is_from_future` marks such a row.
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
    {%- set columns = contract_of(channel, stream) -%}
with

landed as (

    select
        * exclude (file_row_number) replace (
            {{ held_columns(columns) }}
        ),
        {{ is_from_future(columns) }} as _is_from_future,
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
        order by
            -- what is dated after its arrival is no newer than the day on which it arrived
            case when _is_from_future then {{ arrival_end() }} - interval '1 day' else {{ changed_at }} end desc,
            _date desc,
            _position desc
    ) = 1 as _is_latest
from versions
{%- endmacro %}

{# What the contract says of a stream's columns (include/warehouse/contract.py). #}
{% macro contract_of(channel, stream) -%}
    {%- set all = var('contract') -%}
    {{ return((fromjson(all) if all is string else all)[channel][stream]) }}
{%- endmacro %}

{# The columns that are read by a rule: placeholders are null, moments are held at their row's arrival. #}
{% macro held_columns(columns) -%}
    {%- set found = ['_date as _date'] -%}
    {%- for column, kind in columns['values'].items() -%}
        {%- do found.append(real_value(column, kind, column) ~ ' as ' ~ column) -%}
    {%- endfor -%}
    {%- for column in columns['moments'] -%}
        {%- do found.append(
            'case when ' ~ column ~ ' >= ' ~ arrival_end() ~ ' then ' ~ arrival_end()
            ~ " - interval '1 microsecond' else " ~ column ~ ' end as ' ~ column
        ) -%}
    {%- endfor -%}
    {%- for column in columns['days'] -%}
        {%- do found.append('case when ' ~ column ~ ' > _arrived then _arrived else ' ~ column ~ ' end as ' ~ column) -%}
    {%- endfor -%}
    {%- for column in columns['birth_dates'] -%}
        {%- do found.append('case when ' ~ column ~ ' <= _arrived then ' ~ column ~ ' end as ' ~ column) -%}
    {%- endfor -%}
    {{ found | join(',\n            ') }}
{%- endmacro %}

{# Whether a row says that it happened after it arrived. #}
{% macro is_from_future(columns) -%}
    {%- set found = ['false'] -%}
    {%- for column in columns['moments'] -%}
        {%- do found.append('coalesce(' ~ column ~ ' >= ' ~ arrival_end() ~ ', false)') -%}
    {%- endfor -%}
    {%- for column in columns['days'] -%}
        {%- do found.append('coalesce(' ~ column ~ ' > _arrived, false)') -%}
    {%- endfor -%}
    ({{ found | join(' or ') }})
{%- endmacro %}

{# The midnight, in the company's time zone, with which the day ended on which a row arrived. #}
{% macro arrival_end() -%}
    (cast(_arrived + 1 as timestamp) at time zone '{{ var("time_zone") }}')
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
