-- grain: one row per record and card that is its customer's own
with

cards as (

    select
        identifiers.record_number,
        identifiers.identifier_value as loyalty_id,
        components.component
    from {{ ref('int_identity__identifiers') }} as identifiers
    inner join {{ ref('int_identity__loyalty_components') }} as components
        on identifiers.record_number = components.record_number
    where
        identifiers.identifier_type = 'loyalty_id'
        and identifiers.may_link

),

-- a card that was lent appears on records of two people: it is theirs who use it most
owners as (

    select
        loyalty_id,
        component
    from cards
    group by loyalty_id, component
    qualify row_number() over (partition by loyalty_id order by count(*) desc, component) = 1

)

select
    cards.record_number,
    cards.loyalty_id
from cards
inner join owners
    on
        cards.loyalty_id = owners.loyalty_id
        and cards.component = owners.component
