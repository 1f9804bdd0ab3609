-- grain: one row per loyalty membership, that is per contact
with

contacts as (

    select * from {{ ref('base_crm__contacts') }}
    where _is_latest

)

select
    {{ record_id('crm', "'contacts'", 'contact_id') }} as record_id,
    'crm' as channel,
    'contacts' as stream,
    contact_id as record_key,
    loyalty_id,
    tier,
    points,
    updated_at
from contacts
