"""One column of raw values into typed Arrow, whole where it can be, by halves where a value fails.

A column is converted in one call of Arrow's; when that fails, each half is tried alone, down to the
values that cannot be read. So good data costs nothing, bad values cost a few calls each, and both
paths judge a value by the same rule.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Column
from include.lake.clean import clean, is_blank
from include.lake.json_text import from_cell, to_json
from include.lake.reasons import Bad, Reason
from include.lake.schema import TYPES

MAX_TEXT = 64 * 1024
MAX_JSON = 1024 * 1024
MAX_CELL = 128  # of a number, a moment or a flag that is written as text
EARLIEST, LATEST = "1700-01-01", "2261-12-31"
# Digits of a second beyond the sixth, as .NET (7) and Go (9) write them, and ISO 8601's other decimal sign.
FRACTION = r"[.,](\d{1,6})\d*"
WHOLE_NUMBER = r"^[+-]?\d+$"
OVERFLOWING = r"(\d\.?){39}"  # Arrow computes in 128 bits, and takes 2^128 + 5 for 5

Failures = dict[int, Reason]
_Build = Callable[[list[Any]], pa.Array]
_REFUSED = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError, RecursionError)
_KINDS: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "int64": frozenset({int}),
    "decimal": frozenset({str, int, Decimal, float}),
    "timestamp": frozenset({str}),
    "date": frozenset({str}),
    "bool": frozenset({bool}),
    "json": frozenset({list, dict}),
}


def convert(values: list[Any], column: Column, text: bool = False) -> tuple[pa.Array, Failures]:
    """Typed array as long as `values`, null where a value is null or refused, and the refusals by place.

    `text`: the source has no types, so numbers, flags and JSON are read from strings.
    """
    failures: Failures = {}
    kinds = frozenset({str}) if text else _KINDS[column.type]
    found = set(map(type, values)) - {type(None)}
    if found - kinds:
        values = [_of_kind(v, kinds, i, failures) for i, v in enumerate(values)]
        found &= kinds
    if column.type == "decimal" and found - {str}:
        values = [v if v is None else str(v) for v in values]
    build = _builder(column, text)
    return _by_halves(build, values, 0, failures, TYPES[column.type]), failures


def _of_kind(value: Any, kinds: frozenset[type], place: int, failures: Failures) -> Any:
    if value is None or type(value) in kinds:
        return value
    if is_blank(value):
        return None  # what some systems write where a number or a moment is missing
    failures[place] = Reason.BAD_TYPE
    return None


def _by_halves(
    build: _Build, values: list[Any], start: int, failures: Failures, type_: pa.DataType
) -> pa.Array:
    try:
        return build(values)
    except _REFUSED as error:
        if len(values) == 1:
            failures[start] = _reason(error)
            return pa.nulls(1, type_)
    middle = len(values) // 2
    left = _by_halves(build, values[:middle], start, failures, type_)
    right = _by_halves(build, values[middle:], start + middle, failures, type_)
    return pa.concat_arrays([left, right])


def _reason(error: Exception) -> Reason:
    if isinstance(error, Bad):
        return error.reason
    return Reason.BAD_TEXT if isinstance(error, UnicodeError) else Reason.BAD_TYPE


def _builder(column: Column, text: bool) -> _Build:
    if column.type == "timestamp":
        return lambda values: _timestamps(values, column.time_zone)
    if column.type == "json":
        return lambda values: _json(values, text)
    if column.type == "bool":
        return _flags if text else lambda values: pa.array(values, pa.bool_())
    if column.type == "int64" and not text:
        return lambda values: pa.array(values, pa.int64())
    if column.type == "string":
        return lambda values: _allowed(_strings(values), column.allowed)
    return lambda values: _cast(values, TYPES[column.type])


def _strings(values: list[Any], limit: int = MAX_TEXT) -> pa.Array:
    """Texts as they land: clean, and null where they were blank."""
    array = pa.array(values, pa.string())  # a lone surrogate fails here
    if (pc.max(pc.binary_length(array)).as_py() or 0) > limit:
        raise Bad(Reason.TOO_LARGE)
    if pc.any(pc.match_substring(array, "\0")).as_py():
        raise Bad(Reason.BAD_TEXT)
    return clean(array)


def _allowed(array: pa.Array, allowed: tuple[str, ...]) -> pa.Array:
    """`WITHDRAWN` is the declared `withdrawn`: a refusal must not be lost to its capitals."""
    if not allowed:
        return array
    lower = pc.utf8_lower(array)
    is_known = pc.is_in(lower, value_set=pa.array(allowed, pa.string()))
    return pc.if_else(is_known, lower, array)


def _cast(values: list[Any], type_: pa.DataType) -> pa.Array:
    strings = _strings(values, MAX_CELL)
    is_whole = pc.all(pc.match_substring_regex(strings, WHOLE_NUMBER)).as_py()
    if pa.types.is_integer(type_) and is_whole is False:
        raise Bad(Reason.BAD_TYPE)  # 0x1A is no number of pieces
    if pa.types.is_decimal(type_) and pc.any(pc.match_substring_regex(strings, OVERFLOWING)).as_py():
        raise Bad(Reason.BAD_TYPE)
    array = pc.cast(strings, type_)
    if pa.types.is_date(type_):
        _in_range(array)
    return array


def _timestamps(values: list[Any], time_zone: str | None) -> pa.Array:
    strings = _strings(values, MAX_CELL)
    try:
        array = pc.cast(strings, TYPES["timestamp"])
    except pa.ArrowInvalid:
        array = _odd_timestamps(pc.replace_substring_regex(strings, FRACTION, r".\1"), time_zone)
    _in_range(array)
    return array


def _odd_timestamps(strings: pa.Array, time_zone: str | None) -> pa.Array:
    """With their fractions cut to microseconds; those without an offset are of the declared zone."""
    try:
        return pc.cast(strings, TYPES["timestamp"])
    except pa.ArrowInvalid:
        if time_zone is None:
            raise
    naive = pc.cast(strings, pa.timestamp("us"))
    local = pc.assume_timezone(naive, time_zone, ambiguous="earliest", nonexistent="latest")
    return local.cast(TYPES["timestamp"])


def _in_range(array: pa.Array) -> None:
    """Refuse years that the engines downstream cannot hold."""
    bounds = pc.min_max(array)
    if bounds["min"].is_valid:
        days = bounds.cast(pa.struct([("min", pa.date32()), ("max", pa.date32())]), safe=False)
        low, high = days["min"].value, days["max"].value
        if low < _day(EARLIEST) or high > _day(LATEST):
            raise Bad(Reason.BAD_TYPE)


def _day(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).days  # noqa: DTZ001 (days, not moments)


def _flags(values: list[Any]) -> pa.Array:
    return pc.cast(_strings(values, MAX_CELL), pa.bool_())


def _json(values: list[Any], text: bool) -> pa.Array:
    parsed = [from_cell(v) if text else v for v in values]
    array = _strings([None if v is None else to_json(v) for v in parsed], MAX_JSON)
    if pc.any(pc.match_substring(array, "\\u0000")).as_py():
        raise Bad(Reason.BAD_TEXT)
    return array
