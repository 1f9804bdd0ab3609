"""Why a row is refused, and why a whole stream is: one vocabulary for quarantine, manifest and report."""

from dataclasses import dataclass
from enum import StrEnum

from include.errors import FixSource


class Reason(StrEnum):
    """Reason code of a quarantined row."""

    MISSING_REQUIRED = "missing_required"  # a required value is null or blank
    MISSING_COLUMN = "missing_column"  # this row lacks a key that the others have
    BAD_TYPE = "bad_type"  # the value is not of the declared type, or would lose digits
    BAD_TEXT = "bad_text"  # not Unicode, or holds NUL
    TOO_LARGE = "too_large"  # longer than the column allows, or with too many fields or levels
    NOT_ALLOWED = "not_allowed"  # not one of the declared values
    BAD_FORMAT = "bad_format"  # does not fit the declared pattern
    OUT_OF_RANGE = "out_of_range"  # below the declared minimum, or above the maximum
    OUT_OF_INTERVAL = "out_of_interval"  # the source was asked for other days
    BAD_FRAMING = "bad_framing"  # a line that is no record: wrong number of fields, open quote
    NOT_JSON = "not_json"  # a line that is no JSON object
    DOUBLED_KEY = "doubled_key"  # a field twice in one object, or a line's key twice within one document


class Bad(ValueError):
    """A value breaks a rule of the lake; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Refusal:
    """Why one row is refused: the reason and the field it lies in ('' if the whole row)."""

    reason: Reason
    field: str


@dataclass(frozen=True)
class Unreadable:
    """A record that a reader could not take apart; `raw` is what it read."""

    reason: Reason
    raw: str


class ColumnMissing(FixSource):
    """A declared column is in no row: dropped, or renamed."""


class ColumnRetyped(FixSource):
    """Most values of a column are no longer of the declared type."""


class EmptyFeed(FixSource):
    """A stream that always has rows came without any."""
