-- grain: one row per pair of components and email identifier that they share
{{ identity_edges(
    'email',
    previous='int_identity__account_components',
    cards='int_identity__cards',
) }}
