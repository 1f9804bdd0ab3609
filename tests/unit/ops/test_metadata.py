"""Where Airflow's metadata is a SQLite file, a backfill is created while other processes write."""

import runpy
import sqlite3
import sys

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from include.settings import ROOT, Settings
from ops.installation import CONNECT_ARGS, METADATA, environment
from ops.metadata import BUSY_SECONDS
from ops.metadata import CONNECT_ARGS as OURS


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "airflow.db"
    with sqlite3.connect(path) as db:
        db.execute("pragma journal_mode=wal")
        db.execute("create table runs (id integer)")
    return path


def look_and_create(path, **connect_args):
    """What Airflow does for each run of a backfill, while another process wants to write."""
    engine = create_engine(f"sqlite:///{path}", connect_args=connect_args)
    try:
        with engine.begin() as db, db.begin_nested():
            db.scalar(text("select count(*) from runs"))
            other = sqlite3.connect(path, timeout=0)
            try:
                other.execute("insert into runs values (1)")
                other.commit()
            except sqlite3.OperationalError:
                pass  # it waits for its turn
            finally:
                other.close()
            db.execute(text("insert into runs values (2)"))
        with engine.begin() as db:
            return db.scalars(text("select id from runs")).all()
    finally:
        engine.dispose()


def test_what_is_read_in_a_savepoint_can_be_followed_by_a_write(path):
    assert look_and_create(path, **OURS) == [2]


def test_without_our_connection_it_is_locked_at_once(path):
    with pytest.raises(OperationalError, match="database is locked"):
        look_and_create(path, timeout=BUSY_SECONDS)


@pytest.mark.parametrize(("service", "seconds"), [("api-server", 5), ("scheduler", 30)])
def test_the_api_server_waits_for_other_writers_no_longer_than_it_may_stand_still(
    monkeypatch, service, seconds
):
    monkeypatch.setattr(sys, "argv", ["airflow", service, "--workers", "1"])
    assert runpy.run_path(str(ROOT / "ops" / "metadata.py"))["CONNECT_ARGS"]["timeout"] == seconds


def test_a_savepoint_that_fails_takes_nothing_else_with_it(path):
    engine = create_engine(f"sqlite:///{path}", connect_args=OURS)
    with engine.begin() as db:
        db.execute(text("insert into runs values (1)"))
        inner = db.begin_nested()
        db.execute(text("insert into runs values (2)"))
        inner.rollback()
    with engine.begin() as db:
        assert db.scalars(text("select id from runs")).all() == [1]
    engine.dispose()


def test_a_savepoint_is_not_committed_before_its_transaction(path):
    engine = create_engine(f"sqlite:///{path}", connect_args=OURS)
    with engine.connect() as db:
        with db.begin_nested():
            db.execute(text("insert into runs values (1)"))
        db.rollback()
    with engine.begin() as db:
        assert db.scalars(text("select id from runs")).all() == []
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "opened_by"),
    [
        (None, "ops.metadata.CONNECT_ARGS"),
        ("sqlite:////somewhere/airflow.db", "ops.metadata.CONNECT_ARGS"),
        ("postgresql+psycopg2://airflow@127.0.0.1/airflow", None),
    ],
)
def test_only_sqlite_is_opened_by_our_connection(tmp_path, monkeypatch, url, opened_by):
    monkeypatch.delenv(METADATA, raising=False)
    monkeypatch.delenv(CONNECT_ARGS, raising=False)
    if url:
        monkeypatch.setenv(METADATA, url)
    env = environment(Settings(var=tmp_path, clock="sandbox"), 0)
    assert env.get(CONNECT_ARGS) == opened_by
    assert env[METADATA] == (url or f"sqlite:///{tmp_path}/airflow/airflow.db")
