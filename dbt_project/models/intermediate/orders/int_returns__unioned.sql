-- grain: one row per return
{{ union_channels('returns', {
    'return_key': 'varchar',
    'order_key': 'varchar',
    'record_id': 'varchar',
    'channel': 'varchar',
    'stream': 'varchar',
    'record_key': 'varchar',
    'returned_at': 'timestamptz',
    'sku': 'varchar',
    'quantity': 'bigint',
    'amount': 'decimal(18, 4)',
    'currency': 'varchar',
    'reason': 'varchar',
}) }}
