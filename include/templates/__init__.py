"""Messages by journey and channel: structure in Jinja, words in YAML by language, looks from the brand."""
