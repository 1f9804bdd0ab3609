-- grain: one row per channel
with

channels as (

    select * from {{ ref('stg_night__channels') }}

)

select
    channel,
    is_required,
    last_landed_date,
    cast({{ business_date() }} - last_landed_date as integer) as days_stale,
    {{ business_date() }} as business_date
from channels
