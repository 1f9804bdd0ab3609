"""Which versions stand published, in which order, and which may go.

A version's name begins with its business date. `var/warehouse/versions/<date>` lists the versions of one
date, the last one published at the end: a date can have several (models changed, the night was rerun).
"""

import re
import shutil
from datetime import date
from pathlib import Path

from include import durable
from include.settings import Settings

KEPT = 3
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")


def date_of(version: str) -> date:
    """Business date of a version's name.

    Raises:
        ValueError: that is no version's name.
    """
    if not _NAME.fullmatch(version):
        raise ValueError(f"{version!r} is no version: <date>-<12 hex digits>")
    return date.fromisoformat(version[:10])


def warehouse_file(settings: Settings, version: str) -> Path:
    """The DuckDB file kept with a version."""
    return settings.warehouse / f"{version}.duckdb"


def history(settings: Settings, business_date: date) -> list[str]:
    """Versions of one date that are still kept, the last published at the end."""
    path = _folder(settings) / str(business_date)
    names = path.read_text().split() if path.exists() else []
    return [name for name in names if (settings.published / name).is_dir()]


def dates(settings: Settings) -> list[date]:
    """Business dates with a kept version, oldest first."""
    listed = [date.fromisoformat(p.name) for p in _folder(settings).glob("????-??-??")]
    return sorted(d for d in listed if history(settings, d))


def record(settings: Settings, version: str) -> None:
    """Make `version` the last published of its date."""
    business_date = date_of(version)
    names = [name for name in history(settings, business_date) if name != version] + [version]
    path = _folder(settings) / str(business_date)
    durable.write_text(path, "".join(f"{name}\n" for name in names), "publish.date")


def kept(settings: Settings, just_published: str, current: str) -> set[str]:
    """Versions to keep: the newest, at least one of them of an earlier date than the newest; what `current`
    names; what was just published."""
    ordered = [name for d in dates(settings) for name in history(settings, d)]
    newest = ordered[-KEPT:]
    earlier = [name for name in ordered if date_of(name) < date_of(ordered[-1])]
    if earlier and earlier[-1] not in newest:
        newest = [earlier[-1], *newest[1:]]
    return {*newest, just_published, current}


def prune(settings: Settings, keep: set[str]) -> None:
    """Drop the published folders, warehouse files and leftovers of all versions but `keep`."""
    for folder in sorted(settings.published.iterdir()):
        if folder.is_dir() and folder.name not in keep:
            shutil.rmtree(folder)
    for path in sorted(settings.warehouse.glob("*.duckdb*")):
        if _NAME.match(path.name) and path.name.split(".")[0] not in keep:
            path.unlink()
    for path in settings.warehouse.glob(".*.duckdb.tmp"):
        path.unlink()
    for listed in sorted(_folder(settings).glob("????-??-??")):
        if not history(settings, date.fromisoformat(listed.name)):
            listed.unlink()


def _folder(settings: Settings) -> Path:
    return settings.warehouse / "versions"
