-- grain: one row per return
{{ union_channels('returns', [
    'return_key',
    'order_key',
    'record_id',
    'channel',
    'stream',
    'record_key',
    'returned_at',
    'sku',
    'quantity',
    'amount',
    'currency',
    'reason',
]) }}
