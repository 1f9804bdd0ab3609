"""Rows that lie inside the rows of another stream."""

import hashlib
import json
from collections.abc import Sequence
from itertools import count
from typing import Any

from include.channels import Nested, Stream
from include.lake.clean import is_blank
from include.lake.reasons import Reason, Refusal
from include.lake.schema import VERSION
from include.lake.validate import Item, Refusals, Row, Tally

Taken = tuple[list[Item], Refusals]


def take_out(
    children: Sequence[Stream], items: Sequence[Item], tally: Tally
) -> tuple[Refusals, dict[str, Taken]]:
    """Move the nested lists out of the parents' rows.

    Returns refusals of parents by place, and by child stream its rows with refusals by place. A parent
    without a list cannot say what it lacks, so it is refused whole and keeps its raw form. Parent and
    nested rows are marked with the parent's version (`_row_version`). `tally` (the parent's) learns how the
    nested fields fared.
    """
    refusals: Refusals = {}
    for item in items:
        if children and isinstance(item, dict):
            item[VERSION] = _version(item)
    return refusals, {child.name: _take(child, items, tally, refusals) for child in children}


def _version(item: Row) -> str:
    """A hash of the document as read: equal documents have equal parts."""
    text = json.dumps(item, sort_keys=True, default=str)  # ASCII: any text survives it
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _take(child: Stream, items: Sequence[Item], tally: Tally, refusals: Refusals) -> Taken:
    nested = child.nested
    assert nested is not None
    found_lists = tally.of(nested.field)
    rows: list[Item] = []
    doubled: Refusals = {}
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        lines = item.get(nested.field)
        found_lists.filled += lines is not None
        if isinstance(lines, list):
            del item[nested.field]
            found = _rows(nested, item, lines)
            for position in _doubled(child, found):
                doubled[len(rows) + position] = Refusal(Reason.DOUBLED_KEY, nested.position or child.key[-1])
            rows += found
        elif nested.field not in item:
            found_lists.absent += 1
            refusals[place] = Refusal(Reason.MISSING_COLUMN, nested.field)
        else:
            found_lists.mistyped += lines is not None
            reason = Reason.MISSING_REQUIRED if lines is None else Reason.BAD_TYPE
            refusals[place] = Refusal(reason, nested.field)
    return rows, doubled


def _rows(nested: Nested, parent: Row, lines: list[Any]) -> list[Item]:
    """The lines with what they inherit, and numbered where the stream asks for that."""
    inherited = {mine: parent.get(theirs) for mine, theirs in nested.inherit.items()}
    rows = [
        {**line, **_lacking(line, inherited), VERSION: parent[VERSION]} if isinstance(line, dict) else line
        for line in lines
    ]
    if nested.position is not None:
        _number(nested.position, rows)
    return rows


def _number(position: str, rows: Sequence[Item]) -> None:
    """A number of its own wins over a line's place; without one it takes its place, or the first free."""
    lines = [(place, row) for place, row in enumerate(rows, 1) if isinstance(row, dict)]
    numbered = {str(row[position]).strip() for _, row in lines if not _is_missing(row.get(position))}
    free = (number for number in count(1) if str(number) not in numbered)
    for place, row in lines:
        if _is_missing(row.get(position)):
            row[position] = place if str(place) not in numbered else next(free)
            numbered.add(str(row[position]))


def _lacking(line: Row, inherited: Row) -> Row:
    """What the line does not say itself: a null or a blank says nothing."""
    return {name: value for name, value in inherited.items() if _is_missing(line.get(name))}


def _is_missing(value: Any) -> bool:
    return value is None or is_blank(value)


def _doubled(child: Stream, rows: Sequence[Item]) -> list[int]:
    """Places of lines whose key another line of the document has already: two lines, not one twice."""
    seen: set[tuple[str, ...]] = set()
    places = []
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            continue
        key = tuple(str(row.get(name)).strip() for name in child.key)
        if key in seen:
            places.append(place)
        seen.add(key)
    return places
