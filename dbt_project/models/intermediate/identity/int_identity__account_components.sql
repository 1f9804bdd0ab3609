-- grain: one row per record that has an identifier
{{ identity_components('account', previous='int_identity__loyalty_components', edges='int_identity__account_edges') }}
