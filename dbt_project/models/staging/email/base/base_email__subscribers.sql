-- grain: one row per landed version of each key of email/subscribers
{{ landed_versions('email', 'subscribers', key=['subscriber_id']) }}
