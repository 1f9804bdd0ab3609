-- grain: one row per record that has an identifier
{{ identity_components('cookie', previous='int_identity__email_components', edges='int_identity__cookie_edges') }}
