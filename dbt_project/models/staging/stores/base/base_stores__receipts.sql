-- grain: one row per landed version of each key of stores/receipts
{{ landed_versions('stores', 'receipts', key=['receipt_id']) }}
