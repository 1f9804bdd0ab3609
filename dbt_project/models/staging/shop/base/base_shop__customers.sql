-- grain: one row per landed version of each key of shop/customers
{{ landed_versions('shop', 'customers', key=['account_id']) }}
