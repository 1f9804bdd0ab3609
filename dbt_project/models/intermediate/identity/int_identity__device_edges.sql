-- grain: one row per pair of components and device identifier that they share
{{ identity_edges(
    'device',
    previous='int_identity__phone_components',
    cards='int_identity__cards',
) }}
