-- grain: one row per candidate, with the first reason against it; caps and control group come later
with

candidates as (

    select
        *,
        {{ sha256_hex("journey || '|' || step || '|' || trigger_id") }} as message_key
    from {{ ref('int_messages__candidates') }}

),

contact_points as (

    select * from {{ ref('dim_contact_points') }}
    where
        is_preferred
        and is_confirmed

),

told as (

    select * from {{ ref('int_messages__told') }}

),

told_keys as (

    select message_key from {{ ref('stg_ledger__messages') }}

),

told_customers as (

    select distinct
        customer_id,
        journey,
        step
    from told

),

reachable as (

    select
        candidates.*,
        contact_points.contact_point_id,
        contact_points.mailbox_hash,
        case
            when contact_points.contact_point_id is null then 'no_contact_point'
            when
                not case candidates.purpose
                    when 'marketing' then contact_points.has_marketing_consent
                    when 'service' then contact_points.has_service_consent
                    else false
                end then 'no_consent'
            when contact_points.is_suppressed then 'suppressed'
        end as contact_reason
    from candidates
    left join contact_points
        on
            candidates.customer_id = contact_points.customer_id
            and candidates.channel = contact_points.channel

),

-- of several candidates that say the same to one person, or into one mailbox, one is heard
numbered as (

    select
        *,
        row_number() over (
            partition by
                journey,
                step,
                case once_per when 'customer' then customer_id else trigger_id end
            order by importance desc, due_at asc, trigger_id asc, customer_id asc
        ) as place,
        row_number() over (
            partition by
                journey,
                step,
                contact_reason is null,
                case once_per when 'customer' then mailbox_hash else trigger_id end
            order by importance desc, due_at asc, trigger_id asc, customer_id asc
        ) as place_in_mailbox
    from reachable

)

select
    numbered.message_key,
    numbered.journey,
    numbered.step,
    numbered.trigger_id,
    numbered.trigger_record,
    numbered.customer_id,
    numbered.channel,
    numbered.purpose,
    numbered.contact_point_id,
    numbered.importance,
    numbered.due_at,
    numbered.expires_at,
    case
        when numbered.contact_reason is not null then numbered.contact_reason
        when
            told_keys.message_key is not null
            or (numbered.once_per = 'customer' and told_customers.customer_id is not null)
            or numbered.place > 1
            or numbered.place_in_mailbox > 1 then 'already_told'
        when
            numbered.expires_at <= {{ now() }}
            or numbered.expires_at <= numbered.due_at then 'expired'
    end as reason
from numbered
left join told_keys on numbered.message_key = told_keys.message_key
left join told_customers
    on
        numbered.customer_id = told_customers.customer_id
        and numbered.journey = told_customers.journey
        and numbered.step = told_customers.step
