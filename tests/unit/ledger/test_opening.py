"""The ledger opens from nothing, from several processes at once, and again without change."""

import multiprocessing
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from include.ledger.engine import open_ledger, revision
from include.ledger.models import Base
from include.settings import Settings


def test_an_empty_database_becomes_what_the_models_say(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), Base.metadata) == []
    assert revision(engine) == "0001"


def test_opening_again_changes_nothing(settings):
    open_ledger(settings).dispose()
    path = settings.var / "ledger.sqlite"
    before = path.read_bytes()
    open_ledger(settings).dispose()
    assert path.read_bytes() == before and len(before) > 10_000


def test_a_commit_is_on_disk_and_readers_do_not_wait(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_file_is_private(settings):
    open_ledger(settings).dispose()
    assert stat.S_IMODE((settings.var / "ledger.sqlite").stat().st_mode) == 0o600


def test_threads_may_open_ledgers_of_their_own_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_it, [tmp_path / str(n) for n in range(8)])) == ["0001"] * 8


def open_it(var: Path) -> str:
    engine = open_ledger(Settings(var=var))
    try:
        return str(revision(engine))
    finally:
        engine.dispose()


def test_eight_processes_may_open_a_new_ledger_at_once(tmp_path):
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(open_it, [tmp_path / "var"] * 8) == ["0001"] * 8
    with sqlite3.connect(tmp_path / "var" / "ledger.sqlite") as db:
        assert db.execute("select version_num from alembic_version").fetchall() == [("0001",)]
