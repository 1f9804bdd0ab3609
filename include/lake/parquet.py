"""Parquet files with page checksums, the same bytes for the same rows however they came in."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.durable import sync
from include.errors import CheckFailed

ROWS_PER_GROUP = 65_536


class GroupedWriter:
    """Writes rows in groups of `ROWS_PER_GROUP`, whatever the sizes of the tables handed in."""

    def __init__(self, file: Path, schema: pa.Schema, rows_per_group: int = ROWS_PER_GROUP) -> None:
        self.rows = 0
        self._file = file
        self._size = rows_per_group
        self._waiting: list[pa.Table] = []
        self._count = 0
        self._writer = pq.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=True, write_page_checksum=True
        )

    def write(self, table: pa.Table) -> None:
        """Add rows of the writer's schema."""
        self.rows += len(table)
        self._waiting.append(table)
        self._count += len(table)
        while self._count >= self._size:
            self._flush(self._size)

    def close(self, metadata: dict[str, str]) -> None:
        """Write what waits and the metadata, and bring the file to the disk."""
        if self._count:
            self._flush(self._count)
        self._writer.add_key_value_metadata(metadata)
        self._writer.close()
        sync(self._file)

    def abandon(self) -> None:
        """Let go of the file; unless it was closed before, it is worthless."""
        self._waiting.clear()
        with suppress(OSError, pa.ArrowException):  # a full disk refuses the last bytes, too
            self._writer.close()

    def _flush(self, size: int) -> None:
        table = pa.concat_tables(self._waiting)
        self._writer.write_table(table.slice(0, size).combine_chunks(), row_group_size=size)
        self._waiting = [table.slice(size)]
        self._count -= size


def verify(file: Path, rows: int, schema: pa.Schema) -> None:
    """Read a file back with its page checksums.

    Raises:
        CheckFailed: it is damaged, or holds other columns or another number of rows.
    """
    try:
        found = sum(len(table) for table in read_groups(str(file)))
        written = pq.read_schema(file)
    except (OSError, pa.ArrowException) as error:
        raise CheckFailed(f"{file.name} is damaged as written: {error}") from error
    if found != rows or not written.equals(schema):
        raise CheckFailed(f"{file.name} is damaged: it does not hold the {rows} rows or columns written")


def read_groups(source: Any, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a file, one table at a time, page checksums verified."""
    with pq.ParquetFile(source, page_checksum_verification=True) as parquet:
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group, columns=columns)


def read_table(source: Any, columns: list[str] | None = None) -> pa.Table:
    """A whole file, page checksums verified.

    Raises:
        OSError: it is damaged, or not there.
    """
    with pq.ParquetFile(source, page_checksum_verification=True) as parquet:
        return parquet.read(columns=columns)


def read_metadata(source: Any, key: str) -> str | None:
    """A value of a file's key-value metadata; the footer alone is read."""
    found = (pq.read_metadata(source).metadata or {}).get(key.encode())
    return None if found is None else found.decode()
