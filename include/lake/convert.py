"""One column of raw values into typed Arrow, whole where it can be, by halves where a value fails.

A column is converted in one call of Arrow's; when that fails, each half is tried alone, down to the
values that cannot be read. So good data costs nothing, bad values cost a few calls each, and both
paths judge a value by the same rule.
"""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Column
from include.lake.reasons import Reason
from include.lake.schema import TYPES

MAX_TEXT = 64 * 1024
MAX_JSON = 1024 * 1024
EARLIEST, LATEST = "1700-01-01", "2261-12-31"

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


class _Bad(ValueError):
    """A rule of ours is broken; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def _reason(error: Exception) -> Reason:
    if isinstance(error, _Bad):
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
        return _strings
    return lambda values: _cast(values, TYPES[column.type])


def _strings(values: list[Any], limit: int = MAX_TEXT) -> pa.Array:
    array = pa.array(values, pa.string())  # a lone surrogate fails here
    if (pc.max(pc.binary_length(array)).as_py() or 0) > limit:
        raise _Bad(Reason.TOO_LARGE)
    if pc.any(pc.match_substring(array, "\0")).as_py():
        raise _Bad(Reason.BAD_TEXT)
    return array


def _cast(values: list[Any], type_: pa.DataType) -> pa.Array:
    array = pc.cast(_strings(values), type_)
    if pa.types.is_date(type_):
        _in_range(array)
    return array


def _timestamps(values: list[Any], time_zone: str | None) -> pa.Array:
    strings = _strings(values)
    try:
        array = pc.cast(strings, TYPES["timestamp"])
    except pa.ArrowInvalid:
        if time_zone is None:
            raise
        naive = pc.cast(strings, pa.timestamp("us"))
        local = pc.assume_timezone(naive, time_zone, ambiguous="earliest", nonexistent="latest")
        array = local.cast(TYPES["timestamp"])
    _in_range(array)
    return array


def _in_range(array: pa.Array) -> None:
    """Refuse years that the engines downstream cannot hold."""
    bounds = pc.min_max(array)
    if bounds["min"].is_valid:
        days = bounds.cast(pa.struct([("min", pa.date32()), ("max", pa.date32())]), safe=False)
        low, high = days["min"].value, days["max"].value
        if low < _day(EARLIEST) or high > _day(LATEST):
            raise _Bad(Reason.BAD_TYPE)


def _day(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).days  # noqa: DTZ001 (days, not moments)


def _flags(values: list[Any]) -> pa.Array:
    return pc.cast(_strings(values), pa.bool_())


def _json(values: list[Any], text: bool) -> pa.Array:
    parsed = [json.loads(v) if text and v is not None else v for v in values]
    array = _strings([None if v is None else to_json(v) for v in parsed], MAX_JSON)
    if pc.any(pc.match_substring(array, "\\u0000")).as_py():
        raise _Bad(Reason.BAD_TEXT)
    return array


def to_json(value: Any) -> str:
    """Compact JSON with sorted keys, so that equal content is equal text; decimals as strings."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
