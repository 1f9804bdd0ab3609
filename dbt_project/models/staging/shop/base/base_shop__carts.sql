-- grain: one row per landed version of each key of shop/carts
{{ landed_versions('shop', 'carts', key=['cart_id']) }}
