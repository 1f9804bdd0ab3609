"""Whether the rows that a read refused speak of a changed source, or of what somebody typed into it.

What people and visitors type never decides whether a night goes on: a name with a NUL, a quantity of two
million, a birthday that is none. Such rows are set aside and counted. A source that has changed shows
otherwise: the columns that it fills itself break, or one column breaks in most of many rows.
"""

from collections.abc import Mapping

from include.channels import Stream
from include.channels.model import TYPED_BY_PEOPLE
from include.lake.reasons import Reason
from include.lake.schema import EXTRA

Causes = Mapping[tuple[str, str], int]  # rows by (reason, field)

FEWEST = 2  # rows with one cause in a column of the system's own: one is no pattern
MANY = 20  # rows with one cause in what people type
MANY_CAUSES = 100  # rows with causes of the system's own, each too rare to count alone
MOST = 0.5  # share of the rows in which what people type may break for one cause

# A value that fits its type and breaks a limit: nothing but somebody's input does that to single rows.
_OF_VALUES = frozenset({Reason.BAD_TEXT, Reason.TOO_LARGE, Reason.BAD_FORMAT, Reason.OUT_OF_RANGE})


def has_changed(stream: Stream, causes: Causes, rows: int) -> bool:
    """Whether so many of `rows` are refused that the source itself must have changed.

    One cause (a reason in a column) counts from `FEWEST` rows and `max_quarantined_share` of all, and all of
    them together from `MANY_CAUSES`. What people type counts from `MANY` rows, and more than half of all.
    """
    share = stream.max_quarantined_share
    own = {cause: count for cause, count in causes.items() if not typed_by_people(stream, *cause)}
    typed = [count for cause, count in causes.items() if cause not in own]
    return (
        any(count >= FEWEST and count > share * rows for count in own.values())
        or any(count >= MANY and count > max(share, MOST) * rows for count in typed)
        or MANY_CAUSES <= sum(own.values()) > share * rows
    )


def typed_by_people(stream: Stream, reason: str, field: str) -> bool:
    """Whether a person's input alone can make this cause.

    A text that became an object, or a key that is gone, is not of that kind: no input does that.
    """
    if reason in _OF_VALUES or field == EXTRA:  # what nobody declared says nothing of what somebody did
        return True
    if reason == Reason.BAD_TYPE:
        return is_parsed_input(stream, field)
    return reason == Reason.MISSING_REQUIRED and _is_input(stream, field)


def is_parsed_input(stream: Stream, field: str) -> bool:
    """Whether a column holds what people type and the lake must parse, as a date of birth."""
    return _is_input(stream, field) and stream.columns[field].type != "string"


def _is_input(stream: Stream, field: str) -> bool:
    return field in stream.columns and stream.columns[field].pii in TYPED_BY_PEOPLE
