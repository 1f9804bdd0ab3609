-- grain: one row per order or store receipt
{{ union_channels('orders', {
    'order_key': 'varchar',
    'record_id': 'varchar',
    'channel': 'varchar',
    'stream': 'varchar',
    'record_key': 'varchar',
    'order_id': 'varchar',
    'ordered_at': 'timestamptz',
    'status': 'varchar',
    'is_cancelled': 'boolean',
    'store_id': 'varchar',
    'device_type': 'varchar',
    'currency': 'varchar',
    'amount': 'decimal(18, 4)',
}) }}
