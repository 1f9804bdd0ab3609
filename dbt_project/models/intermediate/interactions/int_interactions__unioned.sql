-- grain: one row per interaction
with

unioned as (

    {{ union_channels('interactions', [
        'interaction_key',
        'record_id',
        'channel',
        'stream',
        'record_key',
        'interaction_type',
        'occurred_at',
        'device_type',
        'sku',
        'category',
        'campaign',
        'email',
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
