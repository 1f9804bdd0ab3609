-- grain: one row per record that has an identifier
{{ identity_components(
    previous='int_identity__overrides',
    edges='int_identity__loyalty_edges',
) }}
