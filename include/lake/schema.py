"""The Arrow schema of a landed stream, from its contract."""

import hashlib

import pyarrow as pa

from include.channels import Stream

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "decimal": pa.decimal128(18, 4),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "bool": pa.bool_(),
    "json": pa.string(),
}
EXTRA = "_extra"
VERSION = "_row_version"
DATE = "_date"
ARRIVED = "_arrived"


def contract_schema(stream: Stream) -> pa.Schema:
    """The declared columns in their order, then `_extra` (JSON of undeclared fields).

    Documents with nested rows, and these rows, have `_row_version` too: a hash of the document as read, by
    which each version of a document keeps its own parts.
    """
    fields = [pa.field(name, TYPES[column.type]) for name, column in stream.columns.items()]
    return pa.schema([*fields, *(pa.field(name, pa.string()) for name in added_columns(stream))])


def added_columns(stream: Stream) -> list[str]:
    """The columns (strings) that landing adds to the declared ones."""
    return [EXTRA, VERSION] if stream.has_versions else [EXTRA]


def landed_schema(stream: Stream) -> pa.Schema:
    """`contract_schema`, then `_date` (the partition's) and `_arrived` (date32)."""
    schema = contract_schema(stream)
    return schema.append(pa.field(DATE, pa.date32())).append(pa.field(ARRIVED, pa.date32()))


def quarantine_schema() -> pa.Schema:
    """Columns of every quarantine file; `_row` is the ordinal in the read, from 1."""
    return pa.schema(
        [
            pa.field("_row", pa.int64()),
            pa.field("reason", pa.string()),
            pa.field("field", pa.string()),
            pa.field("raw", pa.string()),
            pa.field(DATE, pa.date32()),
        ]
    )


def fingerprint(stream: Stream) -> str:
    """12 hex digits that change when names, types, order or duties of the columns do."""
    parts = [f"{c.name} {c.type} {c.required} {','.join(c.allowed)}" for c in stream.columns.values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
