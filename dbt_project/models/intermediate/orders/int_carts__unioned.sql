-- grain: one row per cart
{{ union_channels('carts', [
    'cart_key',
    'record_id',
    'channel',
    'stream',
    'record_key',
    'created_at',
    'updated_at',
    'status',
    'amount',
    'currency',
]) }}
