"""Whether the rows that a read refused speak of a changed source, or of what somebody typed into it.

What people and visitors type never decides whether a night goes on: a name with a NUL, a quantity of two
million, a birthday that is none. Such rows are set aside, counted and warned of, however many they are: who
signs up by script can outnumber everybody. A source that has changed shows in the columns that it fills.
"""

from collections.abc import Mapping

from include.channels import Stream
from include.lake.reasons import Reason
from include.lake.schema import EXTRA

Causes = Mapping[tuple[str, str], int]  # rows by (reason, field)

FEWEST = 10  # rows with one cause in a column of the system's own: fewer are no pattern
MANY_CAUSES = 100  # rows with causes of the system's own, each too rare to count alone

# A value that fits its type and breaks a limit: nothing but somebody's input does that to single rows.
_OF_VALUES = frozenset({Reason.BAD_TEXT, Reason.TOO_LARGE, Reason.BAD_FORMAT, Reason.OUT_OF_RANGE})


def has_changed(stream: Stream, causes: Causes, rows: int) -> bool:
    """Whether so many of `rows` are refused that the source itself must have changed.

    One cause (a reason in a column) counts from `FEWEST` rows and `max_quarantined_share` of all, and all of
    them together from `MANY_CAUSES`. What people type does not count.
    """
    most = stream.max_quarantined_share * rows
    own = [count for cause, count in causes.items() if not typed_by_people(stream, *cause)]
    return any(FEWEST <= count > most for count in own) or MANY_CAUSES <= sum(own) > most


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
    return field in stream.columns and stream.columns[field].is_typed_by_people
