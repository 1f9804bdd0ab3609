"""What earlier nights have read of the stretch that a night reads again: its lag.

A row can be committed after a night's read and dated before it, or a replica can show it late. So each
night reads back over the lag that the stream declares, and passes over what has been read already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

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

    `digests`: rows that have landed; `refused`: marks of rows that were refused, or repaired since;
    `timeless`: marks of rows refused without a readable cursor, which every night reads and refuses.
    """

    begin: datetime
    digests: frozenset[bytes]
    refused: frozenset[str]
    timeless: frozenset[str]


class _Known(NamedTuple):
    digests: set[bytes]
    refused: set[str]
    timeless: set[str]


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
    found = {s.name: _Known(set(), set(), set()) for s in (top, *children)}
    for day in sorted(days):
        for stream in (top, *children):
            existing, known = Existing(stream, day, *stores), found[stream.name]
            for table in existing.rows():
                recent = _recent(stream, table, since, versions)
                known.digests.update(digests(recent, [*stream.columns, *added_columns(stream)]))
                if stream is top and stream.has_versions:
                    versions.update(filter(None, recent[VERSION].to_pylist()))
            for _, row in existing.refused():
                kind = known.timeless if row["field"] == stream.cursor else known.refused
                kind.add(mark(row["raw"]))
            known.refused.update(name.partition("-")[0] for name in existing.repaired)
    return {
        name: Lag(begin, frozenset(known.digests), frozenset(known.refused), frozenset(known.timeless))
        for name, known in found.items()
    }


def _recent(stream: Stream, table: pa.Table, since: datetime, versions: set[str]) -> pa.Table:
    if stream.nested is None:
        return table.filter(
            pc.greater_equal(table[stream.cursor], pa.scalar(since, pa.timestamp("us", "UTC")))
        )
    return table.filter(pc.is_in(table[VERSION], value_set=pa.array(sorted(versions), pa.string())))
