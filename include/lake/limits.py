"""What a column's values must keep beyond their type: presence, a list, a length, a form, a range.

Judged for a whole column at once: a thousand bad values cost no more than one.
"""

from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Column
from include.errors import FixDeclaration
from include.lake.reasons import Reason


def broken_limits(column: Column, array: pa.Array) -> Iterator[tuple[Reason, list[int]]]:
    """Each limit that values break, with their places; a null breaks none but `required`.

    Raises:
        FixDeclaration: the column's pattern is no RE2 pattern.
    """
    if column.required:
        yield Reason.MISSING_REQUIRED, places_of(pc.is_null(array))
    if column.type == "string":
        yield Reason.TOO_LARGE, places_of(pc.greater(pc.utf8_length(array), column.longest))
    if column.allowed:
        known = pc.is_in(array, value_set=pa.array([*column.allowed, None], pa.string()))
        yield Reason.NOT_ALLOWED, places_of(pc.invert(known))
    if column.pattern is not None:
        yield Reason.BAD_FORMAT, places_of(pc.invert(_fits(array, column)))
    for limit, is_beyond in ((column.minimum, pc.less), (column.maximum, pc.greater)):
        if limit is not None:
            yield Reason.OUT_OF_RANGE, places_of(is_beyond(array, _number(limit, array.type)))


def _fits(array: pa.Array, column: Column) -> pa.Array:
    try:
        return pc.match_substring_regex(array, rf"\A(?:{column.pattern})\z")
    except pa.ArrowInvalid as error:
        raise FixDeclaration(f"column {column.name}: its pattern is no RE2 pattern: {error}") from error


def _number(limit: Decimal, type_: pa.DataType) -> pa.Scalar:
    """A limit as a number of the column's type."""
    return pa.scalar(limit if pa.types.is_decimal(type_) else int(limit), type_)


def places_of(mask: pa.Array | pa.ChunkedArray) -> list[int]:
    """Where a mask is true; null is not."""
    places: list[int] = pc.indices_nonzero(mask).to_pylist()
    return places
