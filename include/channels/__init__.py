"""Channels: where customers meet us, each declared in one YAML file of this folder."""

from include.channels.loader import load_channel, load_channels
from include.channels.model import Channel, Column, FilesSource, Nested, RestSource, SqlSource, Stream

__all__ = [
    "Channel",
    "Column",
    "FilesSource",
    "Nested",
    "RestSource",
    "SqlSource",
    "Stream",
    "load_channel",
    "load_channels",
]
