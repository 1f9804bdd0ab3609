-- grain: one row per stated preference
{{ union_channels('preferences', {
    'preference_key': 'varchar',
    'record_id': 'varchar',
    'channel': 'varchar',
    'stream': 'varchar',
    'record_key': 'varchar',
    'topic': 'varchar',
    'value': 'varchar',
    'updated_at': 'timestamptz',
}) }}
