-- grain: one row per pair of components and phone identifier that they share
{{ identity_edges(
    'phone',
    previous='int_identity__cookie_components',
    cards='int_identity__cards',
) }}
