"""Rows that lie inside the rows of another stream."""

from collections.abc import Sequence
from typing import Any

from include.channels import Nested, Stream
from include.lake.reasons import Reason, Refusal
from include.lake.validate import Item, Refusals, Row, Tally


def take_out(
    children: Sequence[Stream], items: Sequence[Item], tally: Tally
) -> tuple[Refusals, dict[str, list[Item]]]:
    """Move the nested lists out of the parents' rows: refusals of parents by place, rows by child stream.

    A parent without a list cannot say what it lacks, so it is refused whole and keeps its raw form.
    `tally` (the parent's) learns how the nested fields fared.
    """
    refusals: Refusals = {}
    taken: dict[str, list[Item]] = {}
    for child in children:
        assert child.nested is not None
        taken[child.name] = _take(child.nested, items, tally, refusals)
    return refusals, taken


def _take(nested: Nested, items: Sequence[Item], tally: Tally, refusals: Refusals) -> list[Item]:
    count = tally.of(nested.field)
    rows: list[Item] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        lines = item.get(nested.field)
        count.filled += lines is not None
        if isinstance(lines, list):
            del item[nested.field]
            rows += _rows(nested, item, lines)
        elif nested.field not in item:
            count.absent += 1
            refusals[place] = Refusal(Reason.MISSING_COLUMN, nested.field)
        else:
            count.mistyped += lines is not None
            reason = Reason.MISSING_REQUIRED if lines is None else Reason.BAD_TYPE
            refusals[place] = Refusal(reason, nested.field)
    return rows


def _rows(nested: Nested, parent: Row, lines: list[Any]) -> list[Item]:
    inherited = {mine: parent.get(theirs) for mine, theirs in nested.inherit.items()}
    if nested.position is None:
        return [{**inherited, **line} if isinstance(line, dict) else line for line in lines]
    name = nested.position
    return [
        {**inherited, name: number, **line} if isinstance(line, dict) else line
        for number, line in enumerate(lines, 1)
    ]
