-- grain: one row per cart
{{ union_channels('carts', {
    'cart_key': 'varchar',
    'record_id': 'varchar',
    'channel': 'varchar',
    'stream': 'varchar',
    'record_key': 'varchar',
    'created_at': 'timestamptz',
    'updated_at': 'timestamptz',
    'status': 'varchar',
    'amount': 'decimal(18, 4)',
    'currency': 'varchar',
}) }}
