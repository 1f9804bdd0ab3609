-- grain: one row per landed version of each key of email/events
{{ landed_versions('email', 'events', key=['event_id']) }}
