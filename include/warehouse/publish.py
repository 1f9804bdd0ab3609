"""Make an audited candidate the published version: one pointer moves, readers see all of it or nothing.

Killed anywhere and run again, it ends the same: every step writes under a temporary name, forces it to
disk and renames it, and a version is named by its content. The pointer `current` moves last, and never
to an older business date.
"""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from include import durable
from include.errors import CheckFailed
from include.failpoints import failpoint
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse.audited import require_audit
from include.warehouse.export import digest, export_mart
from include.warehouse.hashing import write_under
from include.warehouse.marts import Mart, load_marts


def publish(settings: Settings, business_date: date, marts: Sequence[Mart] | None = None) -> str:
    """Publish the candidate, which must have passed its audit for that date, and return the version's name.

    `marts` are those the models declare, unless given.

    Raises:
        CheckFailed: the candidate was not audited for this date, failed, changed since, or lacks a mart.
    """
    candidate = settings.warehouse / "candidate.duckdb"
    require_audit(settings, business_date, candidate)
    settings.published.mkdir(mode=0o700, parents=True, exist_ok=True)  # rows of persons, as in the lake
    staged = _write_marts(settings, business_date, load_marts() if marts is None else marts)
    version = _name_version(settings, business_date, staged)
    durable.copy_file(candidate, versions.warehouse_file(settings, version), "publish.warehouse")
    versions.record(settings, version)
    current = _move_pointer(settings, version)
    failpoint("publish.before_prune")
    versions.prune(settings, versions.kept(settings, version, current))
    failpoint("publish.after_prune")
    return version


def _write_marts(settings: Settings, business_date: date, marts: Sequence[Mart]) -> Path:
    staged = settings.published / f".{business_date}.tmp"
    if staged.exists():
        shutil.rmtree(staged)
    staged.mkdir()
    before = published.previous(settings, business_date)
    with duckdb.connect(str(settings.warehouse / "candidate.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        write_under(con, staged)
        _find_tables(con, [mart.name for mart in marts])
        for mart in marts:
            export_mart(con, mart, staged, before)
    durable.sync(staged)
    return staged


def _find_tables(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Put every schema with a mart on the search path, so that a mart is found by its name alone."""
    found = dict(con.execute("select table_name, table_schema from information_schema.tables").fetchall())
    missing = [name for name in names if name not in found]
    if missing:
        raise CheckFailed(f"the candidate lacks {', '.join(missing)}: build every layer and audit again")
    schemas = sorted({found[name] for name in names})
    con.execute("set search_path = '{}'".format(",".join(schemas)))


def _name_version(settings: Settings, business_date: date, staged: Path) -> str:
    version = f"{business_date}-{digest(staged)[:12]}"
    failpoint("publish.before_rename")
    if (settings.published / version).exists():
        shutil.rmtree(staged)
    else:
        staged.rename(settings.published / version)
    durable.sync(settings.published)
    failpoint("publish.after_rename")
    return version


def _move_pointer(settings: Settings, version: str) -> str:
    """Point `current` at `version` unless it stands at a later date; return what it names."""
    now = published.current(settings)
    if now is not None and versions.date_of(now.name) > versions.date_of(version):
        return now.name
    durable.write_text(settings.published / "current", f"{version}\n", "publish.current")
    return version
