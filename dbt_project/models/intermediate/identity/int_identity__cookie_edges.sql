-- grain: one row per pair of components and cookie identifier that they share
{{ identity_edges(
    'cookie',
    previous='int_identity__email_components',
    cards='int_identity__cards',
) }}
