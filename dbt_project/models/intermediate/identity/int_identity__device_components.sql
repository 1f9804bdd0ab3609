-- grain: one row per record that has an identifier
{{ identity_components(
    previous='int_identity__phone_components',
    edges='int_identity__device_edges',
    cards='int_identity__cards',
) }}
