"""Folders that are named by a day, and the logs of Airflow's runs: removed whole once they have expired."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, tzinfo
from pathlib import Path

from include.failpoints import failpoint

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GOING = ".expired"


def prune_dated(folder: Path, before: date, dry_run: bool) -> int:
    """Remove the folders `<folder>/<date>` of days before `before`; how many."""
    return _remove((path for path, day in _dated(folder) if day < before), folder, dry_run)


def prune_run_logs(folder: Path, before: date, zone: tzinfo, dry_run: bool) -> int:
    """Remove Airflow's logs of runs, and of its DAG processor, that are older than `before`; how many.

    A run is as old as the day in its name, or as the last line that was written in it: the later one counts,
    for a run that is cleared writes again. A folder goes whole, so that no empty ones are left.
    """
    old = (
        path
        for dag in _folders(folder)
        for path in _folders(dag)
        if (day := _last_day(path, zone)) is not None and day < before
    )
    count = _remove(old, folder, dry_run)
    for dag in [] if dry_run else _folders(folder):
        with suppress(OSError):  # not empty
            dag.rmdir()
    return count


def _dated(folder: Path) -> Iterator[tuple[Path, date]]:
    for path in _folders(folder):
        if _DAY.fullmatch(path.name):
            with suppress(ValueError):  # 30 February
                yield path, date.fromisoformat(path.name)


def _last_day(run: Path, zone: tzinfo) -> date | None:
    """The later of the day in a folder's name and the day of its newest file; None if it has neither."""
    days = [date.fromisoformat(day) for day in _DAY.findall(run.name)[:1]]
    times = [file.stat().st_mtime for file in run.rglob("*") if file.is_file() and not file.is_symlink()]
    if times:
        days.append(datetime.fromtimestamp(max(times), zone).date())
    return max(days, default=None)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    there = (path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(path for path in there if not path.name.startswith("."))


def _remove(expired: Iterator[Path], folder: Path, dry_run: bool) -> int:
    """Rename each folder out of the way, then delete it: whatever happens, no reader sees half of one."""
    found = list(expired)
    for path in [] if dry_run else found:
        going = path.with_name(f".{path.name}{_GOING}")
        path.rename(going)
        failpoint("prune.folder_renamed")
    for going in [] if dry_run else [*folder.glob(f".*{_GOING}"), *folder.glob(f"*/.*{_GOING}")]:
        shutil.rmtree(going)
    failpoint("prune.folders_removed")
    return len(found)
