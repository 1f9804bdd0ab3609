-- grain: one row per landed version of each key of stores/returns
{{ landed_versions('stores', 'returns', key=['return_id']) }}
