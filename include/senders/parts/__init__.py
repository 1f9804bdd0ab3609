"""Pieces of payloads: safe headers, unsubscribe tokens, file layouts. Pure."""
