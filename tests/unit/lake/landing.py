"""Landing rows straight into a lake, without a source: what the rooms around do, in a few lines."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.channels import Stream, load_channels
from include.lake.stage import Place, Stage
from include.lake.staged import Staged, commit
from include.lake.store import lake, quarantine
from include.lake.validate import Item
from include.settings import Settings

DAY = date(2026, 3, 15)
CURSOR = {"from": None, "to": "2026-03-16T00:00:00+00:00"}


def stream(channel: str, name: str, **values: Any) -> Stream:
    """A declared stream, some of its declarations changed."""
    return load_channels()[channel].streams[name].model_copy(update=values)


def stage(settings: Settings, declared: Stream, items: Sequence[Item], batch: int = 1000) -> Staged:
    """Rows of one read, sealed and not yet committed."""
    place = Place(lake(settings), quarantine(settings), DAY, DAY)
    found = Stage(declared, place, None)
    for begin in range(0, len(items), batch):
        found.add(items[begin : begin + batch])
    return found.seal(dict(CURSOR), "test")


def land(settings: Settings, declared: Stream, items: Sequence[Item], batch: int = 1000) -> dict[str, Any]:
    """Rows of one read, committed; the manifest."""
    staged = stage(settings, declared, items, batch)
    commit([staged], lake(settings), quarantine(settings))
    return staged.manifest


def landed_rows(settings: Settings, label: str, d: date = DAY) -> pa.Table:
    """What lies in the lake."""
    return pq.read_table(settings.var / "lake" / label / f"date={d}" / "data.parquet", partitioning=None)


def refused_rows(settings: Settings, label: str, d: date = DAY) -> list[dict[str, Any]]:
    """What lies in quarantine."""
    path = settings.var / "quarantine" / label / f"date={d}" / "data.parquet"
    return pq.read_table(path, partitioning=None).to_pylist() if path.exists() else []


def files(settings: Settings) -> dict[str, str]:
    """Every file of lake and quarantine with a digest of its bytes."""
    found = {}
    for root in ("lake", "quarantine"):
        for file in sorted((settings.var / root).rglob("*.parquet")):
            if "_tmp" not in file.parts:
                found[str(file.relative_to(settings.var))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def footer(file: Path) -> dict[str, Any]:
    """The manifest in a file."""
    found: dict[str, Any] = json.loads(pq.read_metadata(file).metadata[b"manifest"])
    return found
