"""The quarantine file of one partition: refused rows with reason, field and raw form."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.lake.existing import REPAIRED, mark, marks
from include.lake.parquet import GroupedWriter
from include.lake.schema import DATE, quarantine_schema
from include.lake.validate import Refused

CHARACTERS = 8 * 1024 * 1024


class RefusedWriter:
    """Unites refused rows by raw form: what an earlier run refused is not refused twice.

    `causes`: rows by (reason, field); `first`: the first row of each.
    """

    def __init__(self, file: Path, business_date: date, repaired: frozenset[str]) -> None:
        self.reasons: Counter[str] = Counter()
        self.causes: Counter[tuple[str, str]] = Counter()
        self.first: dict[str, str] = {}
        self._date = business_date
        self._writer = GroupedWriter(file, quarantine_schema(), rows_per_group=1000)
        self._repaired = repaired
        self._known = Counter(name.partition("-")[0] for name in repaired)
        self._rows: list[dict[str, Any]] = []
        self._size = 0

    @property
    def count(self) -> int:
        """Rows in the file once closed."""
        return self.reasons.total()

    def keep(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take over the rows of the earlier file, in order."""
        for row in rows:
            self._known[mark(row["raw"])] += 1
            self._add(row)

    def add(self, refused: Iterable[Refused], offset: int) -> None:
        """Add rows of this read; `offset` is the number of rows read before their batch."""
        for row in refused:
            name = next((name for name in marks(row.raw) if self._known[name]), None)
            if name is not None:
                self._known[name] -= 1
                continue
            ordinal, refusal = offset + row.place + 1, row.refusal
            self._add({"_row": ordinal, "reason": refusal.reason, "field": refusal.field, "raw": row.raw})

    def close(self) -> None:
        """Finish the file and bring it to the disk."""
        self._flush()
        self._writer.close({REPAIRED: json.dumps(sorted(self._repaired))})

    def abandon(self) -> None:
        """Let go of the file."""
        self._writer.abandon()

    def _add(self, row: dict[str, Any]) -> None:
        self.reasons[str(row["reason"])] += 1
        self.causes[str(row["reason"]), str(row["field"])] += 1
        self.first.setdefault(f"{row['reason']} {row['field']}".strip(), f"row {row['_row']}")
        self._rows.append({**row, "reason": str(row["reason"]), DATE: self._date})
        self._size += len(row["raw"])
        if self._size >= CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write(pa.Table.from_pylist(self._rows, schema=quarantine_schema()))
        self._rows, self._size = [], 0
