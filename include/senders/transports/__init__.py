"""Sockets: thin classes that speak a protocol and sort what goes wrong by who must act."""
