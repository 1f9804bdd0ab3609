-- grain: one row per audience and customer in it
with

members as (

    select * from {{ ref('int_audiences__members') }}

),

before as (

    select * from {{ ref('stg_night__previous_audience_membership') }}

),

merges as (

    select * from {{ ref('fct_identity_changes') }}
    where
        business_date = {{ business_date() }}
        and change = 'merged'

),

-- a stay goes on under the id that a merge left
stays as (

    select
        audience,
        customer_id,
        min(entered_date) as entered_date
    from (
        select
            audience,
            customer_id,
            entered_date
        from before
        union all
        select
            before.audience,
            merges.customer_id,
            before.entered_date
        from before
        inner join merges on before.customer_id = merges.previous_customer_id
    ) as under_any_id
    group by audience, customer_id

)

select
    members.audience,
    members.customer_id,
    coalesce(stays.entered_date, {{ business_date() }}) as entered_date
from members
left join stays using (audience, customer_id)
