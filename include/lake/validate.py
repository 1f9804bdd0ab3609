"""A batch of rows as read, held against the contract: typed Arrow, and what is refused with why."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Column, Stream
from include.lake.convert import Failures, convert
from include.lake.field_names import keep
from include.lake.limits import broken_limits, places_of
from include.lake.reasons import Reason, Refusal, Unreadable
from include.lake.schema import EXTRA, VERSION, contract_schema

Row = dict[str, Any]
Item = Row | Unreadable
Refusals = dict[int, Refusal]
Span = tuple[int | None, int]  # microseconds since 1970: from (or everything), to (exclusive)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Absent:
    """Stands where a row has no such key; null is a value, absence is a broken contract."""


ABSENT = _Absent()


@dataclass
class ColumnCount:
    """How one column fared over a whole read."""

    absent: int = 0
    filled: int = 0
    mistyped: int = 0


@dataclass
class Tally:
    """What was seen over a whole read of one stream: rows, columns, and fields nobody declared.

    `again`: rows that an earlier night has read already, met within the stream's lag. `undeclared` may hold
    what a stranger wrote: it is shown through `include.lake.field_names.shown` alone.
    """

    rows: int = 0
    again: int = 0
    readable: int = 0
    columns: dict[str, ColumnCount] = field(default_factory=dict)
    undeclared: set[str] = field(default_factory=set)

    @property
    def new_rows(self) -> int:
        """Rows that no earlier night has read."""
        return self.rows - self.again

    def of(self, column: str) -> ColumnCount:
        """The count of one column, begun at nothing."""
        return self.columns.setdefault(column, ColumnCount())


@dataclass(frozen=True)
class Refused:
    """A row that is refused. `place`: its position in the batch, from 0; `has_cursor`: its time is known."""

    place: int
    refusal: Refusal
    raw: str
    has_cursor: bool = True


@dataclass(frozen=True)
class Validated:
    """Rows that keep the contract (schema `contract_schema`), in order, and those that do not."""

    accepted: pa.Table
    refused: list[Refused]


def validate(
    stream: Stream,
    items: Sequence[Item],
    tally: Tally,
    span: Span | None = None,
    already: Refusals | None = None,
) -> Validated:
    """Hold one batch against the stream's contract and add to `tally`.

    `span` refuses rows whose cursor lies outside it; `already` are refusals known before, by place.
    A row refused for several reasons is told the first, in the order of the columns.
    """
    refusals: Refusals = dict(already or {})
    rows = _readable(items, refusals)
    tally.rows += len(rows)
    tally.readable += len(rows) - sum(not refusal.field for refusal in refusals.values())
    nested = {refusal.field for refusal in (already or {}).values()}
    own = {VERSION} if stream.has_versions else set()
    undeclared = sorted(set(chain.from_iterable(rows)) - {*stream.columns, *own} - nested)
    arrays = [_column(stream, column, rows, tally, refusals) for column in stream.columns.values()]
    arrays.append(_extra(rows, undeclared, tally, refusals))
    if stream.has_versions:
        arrays.append(pa.array([row.get(VERSION) for row in rows], pa.string()))
    table = pa.table(arrays, schema=contract_schema(stream))
    if span is not None and stream.cursor is not None:
        _outside(table[stream.cursor], stream.cursor, span, refusals)
    timeless = set(places_of(pc.is_null(table[stream.cursor]))) if stream.cursor else set()
    refused = [
        Refused(place, refusals[place], raw_form(items[place]), place not in timeless)
        for place in sorted(refusals)
    ]
    return Validated(_without(table, refusals), refused)


def raw_form(item: Item) -> str:
    """The row as read, as ASCII JSON (any text survives it); a line that is no record keeps its text."""
    if isinstance(item, Unreadable):
        return json.dumps({"_line": item.raw})
    try:
        return json.dumps(item, default=str)
    except RecursionError:  # of a value that could just be read: what is kept of it is the rest
        row = item if isinstance(item, dict) else {"_line": item}
        flat = {name: "…" if isinstance(part, dict | list) else part for name, part in row.items()}
        return json.dumps(flat, default=str)


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _readable(items: Sequence[Item], refusals: Refusals) -> list[Row]:
    """The rows, an empty one standing in for what is none."""
    if set(map(type, items)) <= {dict}:
        return list(items)  # type: ignore[arg-type]
    for place, item in enumerate(items):
        if isinstance(item, Unreadable):
            refusals[place] = Refusal(item.reason, "")
        elif not isinstance(item, dict):
            refusals[place] = Refusal(Reason.NOT_JSON, "")
    return [item if isinstance(item, dict) else {} for item in items]


def _column(stream: Stream, column: Column, rows: list[Row], tally: Tally, refusals: Refusals) -> pa.Array:
    values = [row.get(column.name, ABSENT) for row in rows]
    failures: Failures = {}
    count = tally.of(column.name)
    if _Absent in set(map(type, values)):
        lacking = [place for place, value in enumerate(values) if value is ABSENT]
        values = [None if value is ABSENT else value for value in values]
        readable = [place for place in lacking if place not in refusals or refusals[place].field]
        count.absent += len(readable)
        if not stream.sparse:
            failures.update(dict.fromkeys(readable, Reason.MISSING_COLUMN))
    filled = len(values) - values.count(None)
    array, mistyped = convert(values, column, stream.text)
    count.filled += filled
    count.mistyped += sum(reason is Reason.BAD_TYPE for reason in mistyped.values())
    failures.update(mistyped)
    _check_values(column, array, failures)
    for place, reason in failures.items():
        refusals.setdefault(place, Refusal(reason, column.name))
    return array


def _check_values(column: Column, array: pa.Array, failures: Failures) -> None:
    """Required values present (a blank has become null), and every value within the column's limits."""
    for reason, places in broken_limits(column, array):
        for place in places:
            failures.setdefault(place, reason)


def _extra(rows: list[Row], undeclared: list[str], tally: Tally, refusals: Refusals) -> pa.Array:
    if not undeclared:
        return pa.nulls(len(rows), pa.string())
    keep(tally.undeclared, undeclared)
    names = set(undeclared)
    found = [{key: row[key] for key in row.keys() & names} for row in rows]
    array, failures = convert([extra or None for extra in found], Column(name=EXTRA, type="json"))
    for place, reason in failures.items():
        refusals.setdefault(place, Refusal(reason, EXTRA))
    return array


def _outside(cursors: pa.ChunkedArray, name: str, span: Span, refusals: Refusals) -> None:
    moments = cursors.combine_chunks().view(pa.int64())
    outside = pc.greater_equal(moments, span[1])
    if span[0] is not None:
        outside = pc.or_(outside, pc.less(moments, span[0]))
    for place in places_of(pc.fill_null(outside, False)):
        refusals.setdefault(place, Refusal(Reason.OUT_OF_INTERVAL, name))


def _without(table: pa.Table, refusals: Refusals) -> pa.Table:
    if not refusals:
        return table
    kept = [place for place in range(len(table)) if place not in refusals]
    return table.take(pa.array(kept, pa.int64()))
