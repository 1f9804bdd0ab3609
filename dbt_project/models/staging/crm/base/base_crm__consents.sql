-- grain: one row per landed version of each key of crm/consents
{{ landed_versions('crm', 'consents', key=['consent_event_id']) }}
