-- grain: one row per record that belongs to a customer
{{ identity_cores('speaks_for_others') }}
