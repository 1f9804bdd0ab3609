-- grain: one row per pair of components and account identifier that they share
{{ identity_edges(
    'account',
    previous='int_identity__loyalty_components',
    cards='int_identity__cards',
) }}
