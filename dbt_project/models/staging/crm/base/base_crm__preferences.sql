-- grain: one row per landed version of each key of crm/preferences
{{ landed_versions('crm', 'preferences', key=['preference_id']) }}
