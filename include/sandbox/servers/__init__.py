"""The company's channel systems, each over its real protocol on loopback."""
