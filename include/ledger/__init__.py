"""The record of everything that left, and the only way for anything to leave."""
