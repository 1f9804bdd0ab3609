"""Read what is published. Resolve a version once, then read from its folder: never a mix of two versions."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from include.errors import FixRequest
from include.lake.parquet import read_table
from include.settings import Settings
from include.warehouse import versions


def current(settings: Settings) -> Path | None:
    """Folder of the current version; None before the first publish."""
    pointer = settings.published / "current"
    return settings.published / pointer.read_text().strip() if pointer.exists() else None


def version_for(settings: Settings, business_date: date) -> Path | None:
    """Folder of the version last published for a business date; None if there is none (any more)."""
    names = versions.history(settings, business_date)
    return settings.published / names[-1] if names else None


def require_version(settings: Settings, business_date: date) -> Path:
    """Folder of the version last published for a business date.

    Raises:
        FixRequest: there is none: it was not built yet, or was withdrawn.
    """
    version = version_for(settings, business_date)
    if version is None or current(settings) is None:
        raise FixRequest(f"no version of {business_date} is published: run build_customer360 first")
    return version


def previous(settings: Settings, business_date: date) -> Path | None:
    """Folder of the newest version of an earlier business date: what a night starts from."""
    earlier = [d for d in versions.dates(settings) if d < business_date]
    return version_for(settings, earlier[-1]) if earlier else None


def list_marts(version: Path) -> list[str]:
    """Names of the marts of one version, sorted."""
    return sorted(p.stem for p in version.iterdir() if p.is_dir() or p.suffix == ".parquet")


def read_mart(version: Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """One mart of one version, page checksums verified, in the order of its key (within its partitions).

    Raises:
        FileNotFoundError: that version has no such mart.
        OSError: the file is damaged.
    """
    wanted = list(columns) if columns is not None else None
    folder = version / name
    if not folder.is_dir():
        return read_table(version / f"{name}.parquet", wanted)
    parts = sorted(folder.glob("*=*/data.parquet"))
    if not parts:
        raise FileNotFoundError(f"{version.name} has no rows of {name}")
    return pa.concat_tables([_read_part(part, wanted) for part in parts])


def count_rows(version: Path, name: str) -> int:
    """Rows of one mart, from the files' footers alone."""
    path = version / f"{name}.parquet"
    files = [path] if path.is_file() else sorted((version / name).glob("*=*/data.parquet"))
    return sum(int(pq.read_metadata(file).num_rows) for file in files)


def _read_part(path: Path, columns: list[str] | None) -> pa.Table:
    column, value = path.parent.name.split("=", 1)
    table = read_table(path, columns and [c for c in columns if c != column])
    if columns is None or column in columns:
        table = table.append_column(column, pa.array([value] * len(table), pa.string()))
    return table if columns is None else table.select(columns)
