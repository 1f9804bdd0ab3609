"""Channels: where customers meet us, each declared in one YAML file of this folder."""

from include.channels.loader import channel_files, find_stream, load_channel, load_channels
from include.channels.model import Channel, Column, FilesSource, Nested, RestSource, SqlSource, Stream

__all__ = [
    "Channel",
    "Column",
    "FilesSource",
    "Nested",
    "RestSource",
    "SqlSource",
    "Stream",
    "channel_files",
    "find_stream",
    "load_channel",
    "load_channels",
]
