"""What earlier nights have read of the stretch that a night reads again: its lag.

A row can be committed after a night's read and dated before it, or a replica can show it late. So each
night reads back over the lag that the stream declares, and passes over what has been read already.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Stream
from include.lake.digest import digests
from include.lake.existing import Existing, mark, marks
from include.lake.schema import VERSION, added_columns
from include.lake.store import Store
from include.lake.validate import Item, raw_form


@dataclass(frozen=True)
class Lag:
    """The stretch before `begin`, where the night's own rows begin, and what is known of it.

    `digests`: rows that have landed; `plain`: the same without `_row_version`, of rows that landed before it
    was kept; `refused`: marks of rows that were refused, or repaired since.
    """

    begin: datetime
    digests: set[bytes] = field(default_factory=set)
    plain: set[bytes] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def knows(self, item: Item) -> bool:
        """Whether an earlier night has refused this very row."""
        return bool(self.refused) and not self.refused.isdisjoint(marks(raw_form(item)))


def lags(
    streams: tuple[Stream, Sequence[Stream]],
    days: Iterable[date],
    since: datetime,
    begin: datetime,
    stores: tuple[Store, Store],
) -> dict[str, Lag]:
    """The lag of a stream and of the streams nested in it, by name.

    `days` are the partitions that hold rows from `since` on, and the last one at least, for what it refused;
    of nested rows those count whose document is of that time.
    """
    top, children = streams
    found = {stream.name: Lag(begin) for stream in (top, *children)}
    for day in sorted(days):
        documents = _Documents(top)
        for stream in (top, *children):
            existing, lag = Existing(stream, day, *stores), found[stream.name]
            refused = [row["raw"] for _, row in existing.refused()]
            if stream is top:
                documents.add_refused(refused)
            for table in existing.rows():
                recent = documents.recent(stream, table, since)
                _add(lag, stream, recent)
                if stream is top:
                    documents.add(recent)
            # a nested row that does not name its document could be any document's
            lag.refused.update(mark(raw) for raw in refused if stream is top or VERSION in raw)
            lag.refused.update(name.partition("-")[0] for name in existing.repaired)
    return found


def _add(lag: Lag, stream: Stream, recent: pa.Table) -> None:
    columns = [*stream.columns, *added_columns(stream)]
    lag.digests.update(digests(recent, columns))
    if stream.has_versions:
        older = recent.filter(pc.is_null(recent[VERSION]))
        lag.plain.update(digests(older, [column for column in columns if column != VERSION]))


class _Documents:
    """The documents of a partition that are of the stretch, by which its nested rows are found."""

    def __init__(self, top: Stream) -> None:
        self._top = top
        self._versions: set[str] = set()
        self._keys: dict[str, set[Any]] = {name: set() for name in top.key}

    def add(self, recent: pa.Table) -> None:
        """Rows of the stretch."""
        if self._top.has_versions:
            self._versions.update(filter(None, recent[VERSION].to_pylist()))
            for name, values in self._keys.items():
                values.update(recent[name].to_pylist())

    def add_refused(self, raws: Iterable[str]) -> None:
        """Refused documents: their nested rows have landed all the same."""
        for raw in raws:
            item = json.loads(raw) if VERSION in raw else None
            if isinstance(item, dict) and item.get(VERSION):
                self._versions.add(item[VERSION])

    def recent(self, stream: Stream, table: pa.Table, since: datetime) -> pa.Table:
        """The rows of a table that are of the stretch."""
        if stream.nested is None:
            moments = table[stream.cursor]
            return table.filter(pc.greater_equal(moments, pa.scalar(since, moments.type)))
        is_recent = pc.is_in(table[VERSION], value_set=pa.array(sorted(self._versions), pa.string()))
        for mine, theirs in stream.nested.inherit.items():
            if theirs in self._keys:  # landed before versions were kept
                known = pa.array(list(self._keys[theirs]), table[mine].type)
                is_older = pc.and_(pc.is_null(table[VERSION]), pc.is_in(table[mine], value_set=known))
                is_recent = pc.or_(is_recent, is_older)
        return table.filter(is_recent)
