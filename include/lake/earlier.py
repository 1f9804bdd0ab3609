"""What earlier nights have read of the stretch that a night reads again: its lag.

A row can be committed after a night's read and dated before it, or a replica can show it late. So each
night reads back over the lag that the stream declares, and passes over what has been read already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Stream
from include.lake.digest import digests
from include.lake.existing import Existing, mark
from include.lake.schema import VERSION, added_columns
from include.lake.store import Store


@dataclass(frozen=True)
class Lag:
    """The stretch before `begin`, where the night's own rows begin, and what is known of it.

    `digests`: rows that have landed; `refused`: marks of rows that were refused, or repaired since.
    """

    begin: datetime
    digests: frozenset[bytes]
    refused: frozenset[str]


def lags(
    streams: tuple[Stream, Sequence[Stream]],
    days: Iterable[date],
    since: datetime,
    begin: datetime,
    stores: tuple[Store, Store],
) -> dict[str, Lag]:
    """The lag of a stream and of the streams nested in it, by name.

    `days` are the partitions that hold rows from `since` on; of nested rows those count whose document is
    of that time.
    """
    top, children = streams
    versions: set[str] = set()
    found: dict[str, tuple[set[bytes], set[str]]] = {s.name: (set(), set()) for s in (top, *children)}
    for day in sorted(days):
        for stream in (top, *children):
            existing, (landed, refused) = Existing(stream, day, *stores), found[stream.name]
            for table in existing.rows():
                recent = _recent(stream, table, since, versions)
                landed.update(digests(recent, [*stream.columns, *added_columns(stream)]))
                if stream is top and stream.has_versions:
                    versions.update(filter(None, recent[VERSION].to_pylist()))
            refused.update(_refused(stream, existing))
    return {name: Lag(begin, frozenset(a), frozenset(b)) for name, (a, b) in found.items()}


def _recent(stream: Stream, table: pa.Table, since: datetime, versions: set[str]) -> pa.Table:
    if stream.nested is None:
        return table.filter(
            pc.greater_equal(table[stream.cursor], pa.scalar(since, pa.timestamp("us", "UTC")))
        )
    return table.filter(pc.is_in(table[VERSION], value_set=pa.array(sorted(versions), pa.string())))


def _refused(stream: Stream, existing: Existing) -> Iterable[str]:
    """A row without a readable cursor is of no time: it is refused, and counted, every night."""
    for _, row in existing.refused():
        if row["field"] != stream.cursor:
            yield mark(row["raw"])
    for name in existing.repaired:
        yield name.partition("-")[0]
