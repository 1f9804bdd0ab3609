"""What is in the lake: manifests, kept in each file's own metadata, so that data and manifest are one.

A small index under `var/index/` remembers the manifests by the stamp of their files, so that no
night opens every footer; it is a cache, and deleting it loses nothing.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from include.channels import load_channels
from include.errors import FixDeclaration
from include.lake.store import Store, lake
from include.settings import Settings

KEY = "manifest"
Manifest = dict[str, Any]


def read_manifest(settings: Settings, channel: str, stream: str, d: date) -> Manifest | None:
    """The manifest of one partition; None if it has not landed."""
    store = lake(settings)
    path = store.path(channel, stream, d)
    return from_footer(store, path) if store.exists(path) else None


def partitions(settings: Settings, channel: str, stream: str) -> list[date]:
    """Dates that have landed, ascending."""
    return lake(settings).dates(channel, stream)


def manifests(settings: Settings, channel: str, stream: str) -> dict[date, Manifest]:
    """Every partition's manifest by date, ascending; footers are read once, then remembered."""
    store = lake(settings)
    file = settings.var / "index" / channel / f"{stream}.json"
    known = _read_index(file)
    entries: dict[str, dict[str, Any]] = {}
    for d in store.dates(channel, stream):
        path = store.path(channel, stream, d)
        stamp = store.stamp(path)
        old = known.get(d.isoformat(), {})
        manifest = old["manifest"] if old.get("stamp") == stamp else from_footer(store, path)
        entries[d.isoformat()] = {"stamp": stamp, "manifest": manifest}
    if entries != known:
        _write_index(file, entries)
    return {date.fromisoformat(d): entry["manifest"] for d, entry in entries.items()}


def landed(settings: Settings, channel: str, d: date) -> bool:
    """Whether every stream of the channel has its partition of this date."""
    store = lake(settings)
    streams = load_channels()[channel].streams
    return all(store.exists(store.path(channel, stream, d)) for stream in streams)


def last_landed(settings: Settings, channel: str, not_after: date) -> date | None:
    """The newest date, `not_after` or earlier, on which every stream of the channel landed."""
    store = lake(settings)
    common: set[date] | None = None
    for stream in load_channels()[channel].streams:
        dates = {d for d in store.dates(channel, stream) if d <= not_after}
        common = dates if common is None else common & dates
    return max(common or set(), default=None)


def from_footer(store: Store, path: str) -> Manifest:
    """The manifest of the file at `path`, which must be there."""
    from include.lake.parquet import read_metadata

    text = read_metadata(store.open(path), KEY)
    if text is None:
        raise FixDeclaration(f"{path} carries no manifest: it was not landed by this platform; remove it")
    manifest: Manifest = json.loads(text)
    return manifest


def _read_index(file: Path) -> dict[str, dict[str, Any]]:
    try:
        found: dict[str, dict[str, Any]] = json.loads(file.read_text())
        return found
    except (FileNotFoundError, ValueError):
        return {}


def _write_index(file: Path, entries: dict[str, dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    temporary.write_text(json.dumps(entries))
    temporary.replace(file)
