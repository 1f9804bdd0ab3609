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
DATE = "_date"
ARRIVED = "_arrived"


def contract_schema(stream: Stream) -> pa.Schema:
    """The declared columns in their order, then `_extra` (JSON of undeclared fields)."""
    fields = [pa.field(name, TYPES[column.type]) for name, column in stream.columns.items()]
    return pa.schema([*fields, pa.field(EXTRA, pa.string())])


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
