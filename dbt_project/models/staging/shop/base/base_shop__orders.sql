-- grain: one row per landed version of each key of shop/orders
{{ landed_versions('shop', 'orders', key=['order_id']) }}
