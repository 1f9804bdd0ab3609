-- grain: one row per pair of components and loyalty identifier that they share
{{ identity_edges(
    'loyalty',
    previous='int_identity__overrides',
) }}
