"""Readers: how a declared stream is read from its system, by protocol."""
