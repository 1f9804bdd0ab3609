-- grain: one row per record that has an identifier
{{ identity_components('phone', previous='int_identity__cookie_components', edges='int_identity__phone_edges') }}
