-- grain: one row per event that a message caused
with

unioned as (

    {{ union_channels('message_events', [
        'event_key',
        'channel',
        'message_id',
        'event_type',
        'occurred_at',
        'email',
        'campaign',
        'reason',
    ]) }}

),

addressed as (

    select
        * exclude (email),
        {{ normalise_email('email') }} as address
    from unioned

)

select
    *,
    {{ match_email('address') }} as identifier_value
from addressed
