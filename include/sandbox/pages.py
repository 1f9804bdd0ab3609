"""One stream as an HTTP API lists it: ordered by (updated_at, key), in pages, cut by updated_at."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute

from include.sandbox.rows import documents
from include.sandbox.served import Nested, Served
from include.sandbox.visibility import without_hidden

pc: Any = pyarrow.compute
Position = tuple[int, str, int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Query:
    """What a caller asks of a list. `cursor` is where the page before ended."""

    updated_from: datetime | None = None
    updated_to: datetime | None = None
    limit: int = 1000
    cursor: Position | None = None


@dataclass(frozen=True)
class Disguise:
    """Faults that change what a page says: columns renamed, nested rows left out."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    nested_renamed: Mapping[str, str] = field(default_factory=dict)
    is_nested_empty: bool = False


def read_cursor(text: str) -> Position:
    """Open an opaque cursor.

    Raises:
        ValueError: it is none of ours.
    """
    try:
        moment, key, copy = orjson.loads(base64.urlsafe_b64decode(text.encode()))
    except Exception as error:
        raise ValueError("cursor is not one that this API gave out") from error
    if not (isinstance(moment, int) and isinstance(key, str) and isinstance(copy, int)):
        raise ValueError("cursor is not one that this API gave out")
    return moment, key, copy


def write_cursor(position: Position) -> str:
    """The opaque form of a position."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


class StreamView:
    """What one stream shows at one moment. Immutable: an advance makes a new one.

    `table` and `lines` are shown rows with their hidden columns (see `visibility`).
    """

    def __init__(self, served: Served, table: pa.Table, lines: pa.Table | None = None) -> None:
        self._served = served
        self._moments, self._keys, self._copies, self._table = _in_order(served, table)
        self._counted = _counted(self._keys, self._copies)
        self._lines = None
        if served.nested is not None and lines is not None and len(table):
            self._lines = _Lines(served.nested, lines, self._table[served.key[0]])

    def page(self, query: Query, disguise: Disguise) -> tuple[list[dict[str, Any]], str | None, int]:
        """Rows of one page, the cursor of the next (None: this was the last), and how many keys in all."""
        first, last = self._bounds(query)
        start = first if query.cursor is None else max(first, self._after(query.cursor))
        stop = min(start + query.limit, last)
        rows = documents(
            self._table.slice(start, max(stop - start, 0)), self._served.json_columns, disguise.renamed
        )
        if self._served.nested is not None:
            self._nest(rows, start, disguise)
        following = write_cursor(self._position(stop - 1)) if rows and stop < last else None
        return rows, following, int(self._counted[max(first, last)] - self._counted[first])

    def _nest(self, rows: list[dict[str, Any]], start: int, disguise: Disguise) -> None:
        assert self._served.nested is not None
        field_name = self._served.nested.field
        nested: list[list[dict[str, Any]]] = [[] for _ in rows]
        if self._lines is not None and rows and not disguise.is_nested_empty:
            nested = self._lines.of(start, start + len(rows), disguise.nested_renamed)
        for row, lines in zip(rows, nested, strict=True):
            row[field_name] = lines

    def _bounds(self, query: Query) -> tuple[int, int]:
        first, last = 0, len(self._moments)
        if query.updated_from is not None:
            first = int(np.searchsorted(self._moments, _microseconds(query.updated_from)))
        if query.updated_to is not None:
            last = int(np.searchsorted(self._moments, _microseconds(query.updated_to)))
        return first, last

    def _after(self, cursor: Position) -> int:
        moment = cursor[0]
        place = int(np.searchsorted(self._moments, moment, "left"))
        end = int(np.searchsorted(self._moments, moment, "right"))
        while place < end and self._position(place) <= cursor:
            place += 1
        return place

    def _position(self, place: int) -> Position:
        return int(self._moments[place]), self._keys[place].as_py(), int(self._copies[place])


class _Lines:
    """Nested rows, found by the place of their document."""

    def __init__(self, nested: Nested, lines: pa.Table, documents_keys: Any) -> None:
        names = dict.fromkeys((nested.by, *nested.key))
        lines = lines.take(pc.sort_indices(lines, sort_keys=[(name, "ascending") for name in names]))
        runs = pc.run_end_encode(lines[nested.by].combine_chunks())
        ends = np.asarray(runs.run_ends)
        starts = np.concatenate([np.zeros(1, dtype=ends.dtype), ends[:-1]])
        found = pc.index_in(documents_keys, value_set=runs.values, skip_nulls=True).fill_null(-1).to_numpy()
        is_found = found >= 0
        self._starts = np.where(is_found, starts[found], 0)
        self._stops = np.where(is_found, ends[found], 0)
        self._table = without_hidden(lines)

    def of(self, start: int, stop: int, renamed: Mapping[str, str]) -> list[list[dict[str, Any]]]:
        """The nested rows of the documents at `start` to `stop`, a list a document."""
        starts, stops = self._starts[start:stop], self._stops[start:stop]
        lengths = stops - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        rows = documents(self._table.take(pa.array(places)), (), renamed)
        return [rows[offsets[i] : offsets[i + 1]] for i in range(len(lengths))]


def _in_order(served: Served, table: pa.Table) -> tuple[Any, Any, Any, pa.Table]:
    """Moments (µs), keys as text, number of the copy, and the contract's columns, all in order."""
    if not len(table):
        return np.zeros(0, dtype=np.int64), [], np.zeros(0, dtype=np.int64), without_hidden(table)
    moment = pc.coalesce(table["updated_at"], table["_visible_at"]).cast(pa.timestamp("us", "UTC"))
    key = pc.fill_null(
        pc.binary_join_element_wise(*[table[k].cast(pa.string()) for k in served.key], "|"), ""
    )
    order = pc.sort_indices(
        pa.table({"moment": moment, "key": key}), sort_keys=[("moment", "ascending"), ("key", "ascending")]
    )
    moments = moment.take(order).cast(pa.int64()).to_numpy()
    keys = key.take(order).combine_chunks()
    return moments, keys, _copy_numbers(moments, keys), without_hidden(table.take(order).combine_chunks())


def _counted(keys: Any, copies: Any) -> Any:
    """How many rows the list's total counts before each place: a doubled row once, one without key always."""
    has_no_key = pc.equal(pc.utf8_trim_whitespace(pa.array(keys, pa.string())), "")
    return np.concatenate([[0], np.cumsum((copies == 0) | has_no_key.to_numpy(zero_copy_only=False))])


def _copy_numbers(moments: Any, keys: Any) -> Any:
    """0 for the first row of its (moment, key), 1 for the next …"""
    codes = keys.dictionary_encode().indices.to_numpy()
    is_new = np.concatenate([[True], (moments[1:] != moments[:-1]) | (codes[1:] != codes[:-1])])
    places = np.arange(len(moments))
    return places - np.maximum.accumulate(np.where(is_new, places, 0))


def _microseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)
