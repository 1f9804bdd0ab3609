-- grain: one row per landed version of each key of shop/order_lines
{{ landed_versions('shop', 'order_lines', key=['order_id', 'line_number'], changed_at='_date') }}
