-- grain: one row per landed version of each key of shop/web_events
{{ landed_versions('shop', 'web_events', key=['event_id'], changed_at='occurred_at') }}
