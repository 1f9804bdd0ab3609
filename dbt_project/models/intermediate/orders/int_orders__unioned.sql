-- grain: one row per order or store receipt
{{ union_channels('orders', [
    'order_key',
    'record_id',
    'channel',
    'stream',
    'record_key',
    'order_id',
    'ordered_at',
    'status',
    'is_cancelled',
    'store_id',
    'device_type',
    'currency',
    'amount',
]) }}
