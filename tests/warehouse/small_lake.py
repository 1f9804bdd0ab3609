"""A lake of a few rows, written as landing writes it, and versions kept without publishing any mart."""

import json
import shutil
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.channels import load_channels
from include.lake.schema import landed_schema
from include.settings import Settings
from include.warehouse import versions
from include.warehouse.candidate import candidate_file

DAY_0, DAY_1, DAY_2, DAY_3 = (date(2026, 3, day) for day in (14, 15, 16, 17))
STREAMS = [s for channel in load_channels().values() for s in channel.streams.values()]
_NOTHING_ELSE: dict[str, Any] = {"duplicate": 0, "reasons": {}, "new_columns": []}
_BLANK: dict[str, Any] = {
    "string": "x",
    "int64": 1,
    "decimal": Decimal("1.00"),
    "timestamp": datetime.fromisoformat("2026-03-01T10:00:00+00:00"),
}


def land(
    settings: Settings, place: str, day: date, *rows: dict[str, Any], arrived: date | None = None
) -> None:
    """Write one partition of `channel/stream`. Required columns that a row leaves out get some value."""
    stream = next(s for s in STREAMS if s.label == place)
    schema = landed_schema(stream)
    full = [{**_required(stream), **row, "_date": day, "_arrived": arrived or day} for row in rows]
    unknown = {name for row in rows for name in row} - set(stream.columns)
    assert not unknown, f"{place} has no column {unknown}"
    path = settings.var / "lake" / place / f"date={day}" / "data.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.Table.from_pylist(full, schema).replace_schema_metadata(
            {"manifest": json.dumps({"rows_in": len(full), "loaded": len(full), **_NOTHING_ELSE})}
        ),
        path.with_suffix(".tmp"),
        write_page_checksum=True,
    )
    path.with_suffix(".tmp").replace(path)


def at(moment: str) -> datetime:
    """`2026-03-14 10:00` as UTC."""
    return datetime.fromisoformat(f"{moment}+00:00")


def keep(settings: Settings, day: date, mark: str = "0" * 12) -> str:
    """Make the candidate the version of a date, with no mart."""
    version = f"{day}-{mark}"
    (settings.published / version).mkdir(parents=True)
    shutil.copyfile(candidate_file(settings), versions.warehouse_file(settings, version))
    versions.record(settings, version)
    (settings.published / "current").write_text(f"{version}\n")
    return version


def _required(stream: Any) -> dict[str, Any]:
    columns = [c for c in stream.columns.values() if c.required]
    return {c.name: c.allowed[0] if c.allowed else _BLANK[c.type] for c in columns}
