-- grain: one row per audience and customer in it
with

members as (

    select * from {{ ref('int_audiences__members') }}

),

earlier_stays as (

    select * from {{ ref('stg_night__previous_audience_membership') }}

),

merged_ids as (

    select * from {{ ref('fct_identity_changes') }}
    where
        business_date = {{ business_date() }}
        and change = 'merged'

),

-- a stay goes on under the id that a merge left
stays_under_any_id as (

    select
        audience,
        customer_id,
        entered_date
    from earlier_stays
    union all
    select
        earlier_stays.audience,
        merged_ids.customer_id,
        earlier_stays.entered_date
    from earlier_stays
    inner join merged_ids on earlier_stays.customer_id = merged_ids.previous_customer_id

),

stays as (

    select
        audience,
        customer_id,
        min(entered_date) as entered_date
    from stays_under_any_id
    group by audience, customer_id

)

select
    members.audience,
    members.customer_id,
    coalesce(stays.entered_date, {{ business_date() }}) as entered_date
from members
left join stays
    on
        members.audience = stays.audience
        and members.customer_id = stays.customer_id
