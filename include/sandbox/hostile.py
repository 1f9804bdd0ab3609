"""Rows as strangers would put them into the company's systems: fault `hostile_rows`.

Each row is good but for one thing: a value, its size, a date, a number, the name of a field, or what a
document holds. Columns that a system fills itself are spoilt at most once a read: no stranger does that.
The same stream and moment give the same rows.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from include.channels import Column, Stream, find_stream
from include.sandbox.hostile_values import EVIL, FIELDS, LINES, NUMBERS, SYSTEMS, TEXTS, typed_into

MARK = "hostile"
SHORTEST_DAY = 23 * 3600  # seconds, where the clocks go forward


def documents(channel: str, stream: str, count: int, until: datetime) -> list[bytes]:
    """`count` documents in JSON, nested rows and all, changed within the day before `until`."""
    _, declared = find_stream(channel, stream)
    maker = _Maker(declared, until)
    return [_json(maker.document(number)) for number in range(count)]


def lines(channel: str, stream: str, count: int, until: datetime) -> list[bytes]:
    """The same as lines of a file, some of them no JSON at all."""
    found = documents(channel, stream, max(0, count - len(LINES)), until)
    return [*found, *LINES][:count]


def table_rows(stream: str, count: int, until: datetime) -> list[dict[str, Any]]:
    """Rows of a table of the stores' database, with what PostgreSQL itself would refuse left out."""
    _, declared = find_stream("stores", stream)
    maker = _Maker(declared, until, kept={declared.cursor})  # the row of a wrong day would be read on another
    rows = [{k: v for k, v in maker.document(n).items() if k in declared.columns} for n in range(count)]
    return [{k: _as_column(declared.columns[k], v) for k, v in row.items()} for row in rows]


class _Maker:
    """Makes the rows of one stream and read."""

    def __init__(self, stream: Stream, until: datetime, kept: Iterable[str | None] = ()) -> None:
        self._stream, self._until = stream, until
        self._draw = random.Random(f"{stream.label} {until.isoformat()}")
        self._channel, _ = find_stream(stream.channel, stream.name)
        self._spoilt = set(kept)

    def document(self, number: int) -> dict[str, Any]:
        row = self._good(self._stream, number)
        name = self._draw.choice(list(self._stream.columns))
        column = self._stream.columns[name]
        kind = self._draw.random()
        if kind < 0.12:
            row.update({self._draw.choice(FIELDS): self._draw.choice(TEXTS) for _ in range(1 + number % 40)})
        elif kind < 0.16 and name not in self._spoilt and not column.is_typed_by_people:
            self._spoilt.add(name)
            self._spoil_system(row, column)
        elif name not in self._stream.key and name != self._stream.cursor:  # both are the system's own
            row[name] = self._value(column)
        for child in self._channel.nested_in(self._stream.name):
            assert child.nested is not None
            row[child.nested.field] = list(self._nested(child, number))
        return row

    def _nested(self, child: Stream, number: int) -> Iterator[dict[str, Any]]:
        assert child.nested is not None
        own = {child.nested.position, *child.nested.inherit}
        for line in range(1 if number % 25 else 2000):
            row = self._good(child, line)
            column = self._draw.choice([c for c in child.columns.values() if c.name not in own])
            if column.type != "string" or self._draw.random() < 0.3:
                row[column.name] = self._value(column)
            yield {name: value for name, value in row.items() if name not in own}

    def _good(self, stream: Stream, number: int) -> dict[str, Any]:
        moment = self._until - timedelta(seconds=1 + self._draw.randrange(SHORTEST_DAY - 1))
        key = f"{MARK}-{self._until:%Y-%m-%dT%H}-{number}"  # two days of a time zone may end on one date
        row: dict[str, Any] = {}
        for name, column in stream.columns.items():
            if name == stream.key[0]:
                row[name] = key
            elif column.type == "timestamp":
                row[name] = moment.isoformat()
            else:
                row[name] = _plain(column, key) if column.required else None
        return row

    def _value(self, column: Column) -> Any:
        """Something that a person could have typed, or a system passed on, in this column."""
        if column.allowed:
            return self._draw.choice(column.allowed).upper()
        return self._draw.choice(typed_into(column))

    def _spoil_system(self, row: dict[str, Any], column: Column) -> None:
        if column.name in self._stream.key:
            row[column.name] = {"key": row[column.name]}
        elif column.type == "timestamp":
            row[column.name] = self._draw.choice(SYSTEMS)
        elif column.type in ("int64", "decimal"):
            row[column.name] = self._draw.choice(NUMBERS)
        elif self._draw.random() < 0.5:
            del row[column.name]
        else:
            row[column.name] = self._draw.choice(([EVIL], {"a": EVIL}, 17, True, "no such code"))


def _plain(column: Column, key: str) -> Any:
    if column.allowed:
        return column.allowed[0]
    if column.pii == "email":
        return f"{key}@evil.example"
    if column.name == "currency":
        return "GBP"
    return {"int64": 1, "decimal": "1.00", "date": "1980-03-15"}.get(column.type, key)


def _as_column(column: Column, value: Any) -> Any:
    """A value as a column of PostgreSQL can hold it: typed, and without what its texts cannot have."""
    if column.type in ("int64", "decimal"):
        return value if isinstance(value, int) and -(2**63) <= value < 2**63 else 7
    if column.type == "timestamp":
        return value if isinstance(value, str) and _is_moment(value) else None
    if value is None or isinstance(value, str):
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode()
    return json.dumps(value)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _json(row: dict[str, Any]) -> bytes:
    """ASCII JSON: any text survives it, a lone surrogate too."""
    return json.dumps(row).encode()
