-- grain: one row per record, identifier type and normalised value
with

unioned as (

    {{ union_channels('identifiers', [
        'record_id',
        'channel',
        'stream',
        'record_key',
        'identifier_type',
        'identifier_value',
        'country',
        'first_seen_at',
        'last_seen_at',
    ]) }}

),

phone_numbers as (

    select * from {{ source('lookups', 'phone_numbers') }}

),

addressed as (

    select
        unioned.*,
        case unioned.identifier_type
            when 'email' then {{ normalise_email('unioned.identifier_value') }}
            when 'phone' then phone_numbers.e164
        end as address
    from unioned
    left join phone_numbers
        on
            unioned.identifier_type = 'phone'
            and {{ phone_lookup_key('unioned.identifier_value', 'unioned.country') }}
            = phone_numbers.lookup_key

),

normalised as (

    select
        record_id,
        channel,
        stream,
        record_key,
        identifier_type,
        case identifier_type
            when 'email' then {{ match_email('address') }}
            when 'phone' then address
            else nullif(trim(identifier_value), '')
        end as matching_value,
        address,
        first_seen_at,
        last_seen_at
    from addressed

)

select
    record_id,
    channel,
    stream,
    record_key,
    identifier_type,
    matching_value as identifier_value,
    max_by(address, (last_seen_at, address)) as address,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from normalised
where matching_value is not null
group by record_id, channel, stream, record_key, identifier_type, matching_value
