"""Rows of a table in bounded memory: no giant value leaves the server, and batches end by their weight.

A text is cut a little beyond what the lake takes, so that its own row alone is refused there as too large.
What cannot be cut (JSON, arrays, bytes) stays on the server, and its row is unreadable.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, HSTORE, JSON

from include.channels import Stream
from include.lake.convert import MAX_JSON, MAX_TEXT
from include.lake.reasons import Reason, Unreadable

MOST_BYTES = 8 * MAX_JSON  # of a value that cannot be cut; the lake's own JSON is never that much shorter
SURELY_SMALL = MOST_BYTES // 256  # stored bytes that unpack to no more: a match is 3 bytes for 273 at most
FETCHED = 500  # rows at a time, until they prove to be heavy
HEAVIEST = 32 * 1024 * 1024  # bytes of one batch
TOO_LARGE = "_too_large"  # holds the names of values that stayed behind
_UNCUT = (ARRAY, HSTORE, sa.JSON, JSON, sa.LargeBinary, sa.types.NullType)


def bounded(stream: Stream, table: sa.TableClause, kinds: dict[str, Any]) -> list[Any]:
    """What is selected of the columns: each under its own name, and last which of them stayed behind."""
    columns: list[Any] = []
    heavy: list[Any] = []
    for name, kind in kinds.items():
        column, plain = table.c[name], _plain(kind)
        if isinstance(plain, sa.String) and not isinstance(plain, sa.Enum):
            most = (MAX_TEXT if name in stream.columns else MAX_JSON) + 1
            columns.append(sa.func.left(column, most).label(name))
        elif isinstance(plain, _UNCUT):
            is_heavy = _is_heavy(column)
            columns.append(sa.case((is_heavy, None), else_=column).label(name))
            heavy.append(sa.case((is_heavy, sa.literal(name))))
        else:
            columns.append(column)
    named = sa.func.concat_ws(", ", *heavy) if heavy else sa.literal("")
    return [*columns, named.label(TOO_LARGE)]


def batches(result: sa.CursorResult[Any], most_rows: int) -> Iterator[list[dict[str, Any]]]:
    """The rows as mappings, in batches of at most `most_rows`, which end early where they are heavy."""
    names = list(result.keys())[:-1]
    batch: list[dict[str, Any]] = []
    weight, size = 0, min(FETCHED, most_rows)
    while fetched := result.fetchmany(min(size, most_rows - len(batch))):
        rows = [_row(names, row) for row in fetched]
        heavy = sum(_weight(value) for row in rows for value in row.values())
        size = min(FETCHED, most_rows, max(1, HEAVIEST * len(rows) // max(1, heavy)))
        batch, weight = batch + rows, weight + heavy
        if len(batch) == most_rows or weight >= HEAVIEST:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _row(names: list[str], values: Any) -> dict[str, Any]:
    found = dict(zip(names, values[:-1], strict=True))
    if values[-1]:
        found[values[-1].split(", ")[0]] = Unreadable(Reason.TOO_LARGE, '"…"')
    return found


def _plain(kind: Any) -> Any:
    while isinstance(kind, DOMAIN):
        kind = kind.data_type
    return kind


def _is_heavy(column: Any) -> Any:
    """By its stored size first: writing every value as text would cost the server what it saves us."""
    is_suspect = sa.func.pg_column_size(column) > SURELY_SMALL
    return sa.and_(is_suspect, sa.func.octet_length(sa.cast(column, sa.Text)) > MOST_BYTES)


def _weight(value: Any) -> int:
    """About how many bytes a value holds; of JSON, what is counted are its parts."""
    weight, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        weight += len(part) if isinstance(part, str | bytes) else 32
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return weight
