"""Arrow rows as JSON: instants with offset, decimals as strings, JSON columns as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc


def documents(
    table: pa.Table, json_columns: Sequence[str] = (), renamed: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """One dict a row, ready for orjson; `renamed` gives columns another name."""
    names = [(renamed or {}).get(name, name) for name in table.column_names]
    columns = [_values(table[name], name in json_columns) for name in table.column_names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(column: Any, is_json: bool) -> list[Any]:
    if is_json:
        return [None if text is None else orjson.Fragment(text) for text in column.to_pylist()]
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S+00:00")
    elif pa.types.is_date(column.type) or pa.types.is_decimal(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values
