"""The gate: what must hold of data before anyone builds on it."""
