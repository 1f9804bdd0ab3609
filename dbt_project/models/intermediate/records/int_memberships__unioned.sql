-- grain: one row per loyalty membership
{{ union_channels('memberships', [
    'record_id',
    'channel',
    'stream',
    'record_key',
    'loyalty_id',
    'tier',
    'points',
    'updated_at',
]) }}
