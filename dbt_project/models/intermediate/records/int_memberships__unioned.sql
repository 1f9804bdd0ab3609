-- grain: one row per loyalty membership
{{ union_channels('memberships', {
    'record_id': 'varchar',
    'channel': 'varchar',
    'stream': 'varchar',
    'record_key': 'varchar',
    'loyalty_id': 'varchar',
    'tier': 'varchar',
    'points': 'bigint',
    'updated_at': 'timestamptz',
}) }}
