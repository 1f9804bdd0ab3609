-- grain: one row per record that has an identifier
{{ identity_components(
    previous='int_identity__email_components',
    edges='int_identity__cookie_edges',
    cards='int_identity__cards',
) }}
