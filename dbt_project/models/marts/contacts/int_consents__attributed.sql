-- grain: one row per consent event and customer it speaks for
with

consents as (

    select * from {{ ref('int_consents__unioned') }}

),

customers as (

    select * from {{ ref('int_identity__customers') }}

),

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

-- the record says who; where there is none, everybody who has the address
by_record as (

    select
        consents.*,
        customers.customer_id
    from consents
    left join customers using (record_id)

),

by_address as (

    select
        by_record.* exclude (customer_id),
        addresses.customer_id
    from by_record
    inner join addresses
        on
            by_record.identifier_type = addresses.identifier_type
            and by_record.identifier_value = addresses.identifier_value
    where by_record.customer_id is null

)

select * from by_record
where customer_id is not null
union all by name
select * from by_address
