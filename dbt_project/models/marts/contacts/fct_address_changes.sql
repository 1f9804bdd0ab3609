-- grain: one row per night, customer, contact channel and status (made, or waiting)
with

contact_points as (

    select * from {{ ref('dim_contact_points') }}

),

preferred as (

    select * from contact_points
    where
        is_preferred
        and is_confirmed

),

before as (

    select * from {{ ref('stg_night__previous_contact_points') }}
    where is_preferred

),

earlier as (

    select * from {{ ref('stg_night__previous_address_changes') }}

),

made as (

    select
        preferred.customer_id,
        preferred.channel,
        'made' as status,
        before.contact_point_id as previous_contact_point_id,
        preferred.contact_point_id,
        preferred.linked_by,
        preferred.first_seen_at as known_since
    from preferred
    inner join before
        on
            preferred.customer_id = before.customer_id
            and preferred.channel = before.channel
    where preferred.mailbox_hash <> before.mailbox_hash

),

-- what would be used if only reach and last use counted
most_used as (

    select * from contact_points
    qualify
        row_number() over (
            partition by customer_id, channel
            order by
                is_suppressed asc,
                has_marketing_consent desc,
                last_seen_at desc,
                contact_point_id asc
        ) = 1

),

waiting as (

    select
        most_used.customer_id,
        most_used.channel,
        'waiting' as status,
        preferred.contact_point_id as previous_contact_point_id,
        most_used.contact_point_id,
        most_used.linked_by,
        most_used.first_seen_at as known_since
    from most_used
    left join preferred
        on
            most_used.customer_id = preferred.customer_id
            and most_used.channel = preferred.channel
    where
        not most_used.is_confirmed
        and not most_used.is_suppressed

),

tonight as (

    select * from made
    union all
    select * from waiting

)

select
    business_date,
    customer_id,
    channel,
    status,
    previous_contact_point_id,
    contact_point_id,
    linked_by,
    known_since
from earlier
union all
select
    {{ business_date() }} as business_date,
    customer_id,
    channel,
    status,
    previous_contact_point_id,
    contact_point_id,
    linked_by,
    known_since
from tonight
