-- grain: one row per line of an order
{{ union_channels('order_lines', {
    'order_key': 'varchar',
    'line_number': 'bigint',
    'channel': 'varchar',
    'sku': 'varchar',
    'category': 'varchar',
    'description': 'varchar',
    'quantity': 'bigint',
    'unit_price': 'decimal(18, 4)',
    'amount': 'decimal(18, 4)',
}) }}
