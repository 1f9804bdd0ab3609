-- grain: one row per landed version of each key of stores/receipt_lines
{{ landed_versions('stores', 'receipt_lines', key=['receipt_id', 'line_number']) }}
