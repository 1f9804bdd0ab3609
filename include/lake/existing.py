"""A partition as an earlier run left it: what a rerun unites with."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from include.channels import Stream
from include.errors import FixDeclaration
from include.lake.clean import clean
from include.lake.manifests import Manifest, from_footer
from include.lake.parquet import read_groups, read_metadata
from include.lake.schema import VERSION, contract_schema
from include.lake.store import Store

REPAIRED = "repaired"


class Existing:
    """Rows and refusals of the committed partition of one date.

    A quarantine file without its partition belongs to a run that never committed: it does not count.
    """

    def __init__(self, stream: Stream, business_date: date, lake: Store, quarantine: Store) -> None:
        self._stream = stream
        self._lake = lake
        self._quarantine = quarantine
        self._path = lake.path(stream.channel, stream.name, business_date)
        self._refused = quarantine.path(stream.channel, stream.name, business_date)
        self.manifest: Manifest | None = from_footer(lake, self._path) if lake.exists(self._path) else None
        self.repaired = frozenset((self.manifest or {}).get("repaired", []))

    def rows(self) -> Iterator[pa.Table]:
        """Landed rows, in order, by the contract as it is now."""
        if self.manifest is not None:
            for table in read_groups(self._lake.open(self._path)):
                yield align(self._stream, table)

    def refused(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Quarantined rows with their names, in order, less those repaired since the file was written.

        A row is named by its raw form, and by its place among equal ones. The file says which repairs it
        knows of, so one that a crash kept from it is made up for here.
        """
        if self.manifest is None or not self._quarantine.exists(self._refused):
            return
        known = set(json.loads(read_metadata(self._quarantine.open(self._refused), REPAIRED) or "[]"))
        count: Counter[str] = Counter()
        for table in read_groups(self._quarantine.open(self._refused)):
            for row in table.to_pylist():
                name = _next_name(mark(row["raw"]), count, known)
                if name not in self.repaired:
                    yield name, row


def _next_name(base: str, count: Counter[str], taken: set[str]) -> str:
    while True:
        count[base] += 1
        name = base if count[base] == 1 else f"{base}-{count[base]}"
        if name not in taken:
            return name


def align(stream: Stream, table: pa.Table) -> pa.Table:
    """`table` with the contract's columns, its texts clean; those it lacks are null.

    Raises:
        FixDeclaration: a column's type in the contract was changed into one its rows do not fit.
    """
    names = set(table.column_names)
    arrays = []
    for field in contract_schema(stream):
        column = table[field.name] if field.name in names else pa.nulls(len(table), field.type)
        try:
            cast = column.cast(field.type)
            arrays.append(clean(cast) if pa.types.is_string(field.type) else cast)
        except pa.ArrowException as error:
            raise FixDeclaration(
                f"{stream.label}: {field.name} is declared {field.type}, but rows landed before do not fit. "
                f"Give the column a new name, or land the stream anew."
            ) from error
    return pa.table(arrays, schema=contract_schema(stream))


def is_older(manifest: Manifest | None) -> bool:
    """Whether a partition landed before texts were cleaned and documents got their versions."""
    return manifest is None or "within_lag" not in manifest


def mark(raw: str) -> str:
    """What equal raw forms have in common: 16 hex digits, with which their names begin."""
    return hashlib.sha256(raw.encode()).hexdigest()[:16]


def marks(raw: str) -> set[str]:
    """Its mark, and the one that it had before documents got their versions."""
    found = {mark(raw)}
    if VERSION in raw:
        item = json.loads(raw)
        found.add(mark(json.dumps({name: value for name, value in item.items() if name != VERSION})))
    return found
