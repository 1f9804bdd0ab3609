"""Which versions stand published, in which order, and which may go.

A version's name begins with its business date. `var/warehouse/versions/<date>` lists the versions of one
date, the last one published at the end: a date can have several (models changed, the night was rerun).
`var/warehouse/versions/withdrawn` lists versions that were withdrawn: none of them is seen any more.
"""

import re
import shutil
from datetime import date
from pathlib import Path

from include import durable
from include.settings import Settings

KEPT = 3
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
_BEGUN = " begun"


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
    """Versions of one date that are still kept and not withdrawn, the last published at the end."""
    names = _recorded(settings, business_date)
    gone = withdrawn(settings) if names else {}
    return [name for name in names if name not in gone and (settings.published / name).is_dir()]


def dates(settings: Settings) -> list[date]:
    """Business dates with a kept version, oldest first."""
    listed = [date.fromisoformat(p.name) for p in _folder(settings).glob("????-??-??")]
    return sorted(d for d in listed if history(settings, d))


def standing(settings: Settings) -> list[str]:
    """All versions that are kept and not withdrawn; readers see the last one."""
    return [name for d in dates(settings) for name in history(settings, d)]


def is_superseded(settings: Settings, version: str) -> bool:
    """Whether a version of the same date that stands was published after this one."""
    business_date = date_of(version)
    names = _recorded(settings, business_date)
    after = names[names.index(version) + 1 :] if version in names else names
    return any(name in after for name in history(settings, business_date))


def withdrawn(settings: Settings) -> dict[str, bool]:
    """Versions that were withdrawn, and whether that is complete; False where it was interrupted."""
    path = _folder(settings) / "withdrawn"
    lines = path.read_text().splitlines() if path.exists() else []
    return {line.removesuffix(_BEGUN): not line.endswith(_BEGUN) for line in lines}


def mark_withdrawn(settings: Settings, version: str, is_complete: bool) -> None:
    """From now on `version` is not seen any more."""
    name = "withdraw.complete" if is_complete else "withdraw.begin"
    _write_withdrawn(settings, withdrawn(settings) | {version: is_complete}, name)


def record(settings: Settings, version: str) -> None:
    """Make `version` the last published of its date, also one that was withdrawn before."""
    business_date = date_of(version)
    names = [name for name in history(settings, business_date) if name != version] + [version]
    path = _folder(settings) / str(business_date)
    durable.write_text(path, "".join(f"{name}\n" for name in names), "publish.date")
    gone = withdrawn(settings)
    if gone.pop(version, None) is not None:
        _write_withdrawn(settings, gone, "publish.again")


def kept(settings: Settings, just_published: str, current: str) -> set[str]:
    """Versions to keep: the newest, at least one of them of an earlier date than the newest; what `current`
    names; what was just published."""
    ordered = standing(settings)
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


def _write_withdrawn(settings: Settings, found: dict[str, bool], name: str) -> None:
    lines = [f"{version}{'' if is_complete else _BEGUN}\n" for version, is_complete in found.items()]
    durable.write_text(_folder(settings) / "withdrawn", "".join(lines), name)


def _recorded(settings: Settings, business_date: date) -> list[str]:
    """Every version of one date that is noted, kept or not, in the order in which they were published."""
    path = _folder(settings) / str(business_date)
    return path.read_text().split() if path.exists() else []


def _folder(settings: Settings) -> Path:
    return settings.warehouse / "versions"
