"""Which landed partitions a build reads: verified, and held still while it runs.

A night reads the partitions that are new or changed since the version it starts from; a full build reads
all. They are linked (or downloaded) into `var/warehouse/inputs/`, so that a partition which lands again
meanwhile changes nothing, and every page is checked there, for DuckDB does not check.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from include.channels import Stream, load_channels
from include.errors import CheckFailed
from include.lake.existing import align, is_older
from include.lake.manifests import KEY
from include.lake.parquet import read_groups, read_metadata
from include.lake.schema import ARRIVED, DATE, landed_schema
from include.lake.store import Store, lake
from include.settings import Settings
from include.warehouse import phones


@dataclass(frozen=True)
class Partition:
    """One landed file. `stamp` differs whenever the file was written again."""

    channel: str
    stream: str
    landed_date: date
    stamp: str

    @property
    def name(self) -> str:
        """`channel/stream/date`: what identifies it."""
        return f"{self.channel}/{self.stream}/{self.landed_date}"


def inputs_folder(settings: Settings) -> Path:
    """Where the partitions of the build under way stand: `<channel>/<stream>/<date>.parquet`."""
    return settings.warehouse / "inputs"


def stage_inputs(
    settings: Settings, business_date: date, since: Mapping[str, str] | None
) -> dict[str, Partition]:
    """Put the partitions of dates up to `business_date` that `since` lacks into the inputs folder.

    `since` holds names and stamps of what the warehouse file has already; None stages everything.
    A partition that is gone from the lake is staged empty, which takes its rows out. Returns all
    partitions that the build stands on, by name.

    Raises:
        CheckFailed: a partition is damaged; the message says which and what to clear.
    """
    folder = inputs_folder(settings)
    if folder.exists():
        shutil.rmtree(folder)
    store = lake(settings)
    streams = [s for channel in load_channels().values() for s in channel.streams.values()]
    declared = {(stream.channel, stream.name): stream for stream in streams}
    found = {p.name: p for stream in streams for p in _landed(store, stream, business_date)}
    known = since or {}
    for stream in streams:
        _write_empty(stream, folder / stream.channel / stream.name / "empty.parquet")
        for gone in _gone(stream, known, found):
            _write_empty(stream, folder / stream.channel / stream.name / f"{gone}.parquet")
    for partition in found.values():
        if known.get(partition.name) != partition.stamp:
            _stage(store, partition, declared[partition.channel, partition.stream], folder)
    phones.update_lookup(settings, streams)
    return found


def _landed(store: Store, stream: Stream, business_date: date) -> Iterator[Partition]:
    for landed_date in store.dates(stream.channel, stream.name):
        if landed_date <= business_date:
            stamp = store.stamp(store.path(stream.channel, stream.name, landed_date))
            yield Partition(stream.channel, stream.name, landed_date, stamp)


def _gone(stream: Stream, known: Mapping[str, str], found: Mapping[str, Partition]) -> list[str]:
    prefix = f"{stream.channel}/{stream.name}/"
    return [name.removeprefix(prefix) for name in known if name.startswith(prefix) and name not in found]


def _stage(store: Store, partition: Partition, stream: Stream, folder: Path) -> None:
    target = folder / partition.channel / partition.stream / f"{partition.landed_date}.parquet"
    path = store.path(partition.channel, partition.stream, partition.landed_date)
    if store.is_local:
        _link(Path(path), target)
    else:
        store.fs.get_file(path, str(target))
    _verify(target, partition)
    manifest = read_metadata(str(target), KEY)
    if is_older(json.loads(manifest) if manifest else None):
        _clean(target, stream)


def _clean(path: Path, stream: Stream) -> None:
    """Read rows that landed before the lake's present rules by these: clean texts, the contract's columns."""
    cleaned = path.with_suffix(".tmp")
    with pq.ParquetWriter(cleaned, landed_schema(stream)) as writer:
        for table in read_groups(str(path)):
            rows = align(stream, table)
            for name in (DATE, ARRIVED):
                rows = rows.append_column(name, table[name])
            writer.write_table(rows)
    cleaned.replace(path)  # the lake's own file, to which this may be a link, stays as it is


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def _verify(path: Path, partition: Partition) -> None:
    """Read every page once, so that a flipped byte stops the night instead of entering a profile."""
    try:
        for _ in read_groups(str(path)):
            pass
    except (OSError, pa.ArrowException) as error:
        raise CheckFailed(
            f"the landed partition {partition.name} is damaged: land it again (delete its file, clear "
            f"ingest_{partition.channel} for {partition.landed_date}), then rebuild"
        ) from error


def _write_empty(stream: Stream, path: Path) -> None:
    """A file of the contract's columns and no rows: every stream can be read, whatever landed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(landed_schema(stream).empty_table(), path)
