-- grain: one row per customer, address, purpose and contact channel: the newest event for it holds
with

attributed as (

    select * from {{ ref('int_consents__attributed') }}

),

named as (

    select * from {{ ref('int_consents__addresses') }}

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

-- an event speaks for what it names, for the part of the customer that it is of, and for later ones
spoken as (

    select
        addresses.identifier_type,
        addresses.identifier_value,
        attributed.*
    from attributed
    inner join addresses on attributed.customer_id = addresses.customer_id
    left join named
        on
            attributed.consent_event_key = named.consent_event_key
            and addresses.identifier_type = named.identifier_type
            and addresses.identifier_value = named.identifier_value
    where
        named.consent_event_key is not null
        or (attributed.speaks_for_others and attributed.speaks_from <= addresses.consent_rank)

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, identifier_type, identifier_value, purpose, contact_channel
            order by
                occurred_at desc,
                case status when 'erasure_requested' then 0 when 'withdrawn' then 1 else 2 end,
                consent_event_key desc
        ) as recency
    from spoken

)

select
    customer_id,
    identifier_type,
    identifier_value,
    purpose,
    contact_channel,
    status = 'granted' as is_granted,
    occurred_at,
    jurisdiction
from ranked
where recency = 1
