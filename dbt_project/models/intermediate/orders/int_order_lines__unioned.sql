-- grain: one row per line of an order
{{ union_channels('order_lines', [
    'order_key',
    'line_number',
    'channel',
    'sku',
    'category',
    'description',
    'quantity',
    'unit_price',
    'amount',
]) }}
