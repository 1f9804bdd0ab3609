-- grain: one row per stated preference
{{ union_channels('preferences', [
    'preference_key',
    'record_id',
    'channel',
    'stream',
    'record_key',
    'topic',
    'value',
    'updated_at',
]) }}
