"""Operators of the house: what is more than a function."""
