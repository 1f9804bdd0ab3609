-- grain: one row per stated preference
with

preferences as (

    select * from {{ ref('base_crm__preferences') }}
    where _is_latest

)

select
    'crm|' || preference_id as preference_key,
    {{ record_id('crm', "'contacts'", 'contact_id') }} as record_id,
    'crm' as channel,
    'contacts' as stream,
    contact_id as record_key,
    topic,
    value,
    updated_at
from preferences
