-- grain: one row per channel
with

channels as (

    select * from {{ source('night', 'channels') }}

)

select
    channel,
    is_required,
    last_landed_date
from channels
