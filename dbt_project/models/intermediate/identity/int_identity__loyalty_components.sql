-- grain: one row per record that has an identifier
{{ identity_components('loyalty', previous='int_identity__overrides', edges='int_identity__loyalty_edges') }}
