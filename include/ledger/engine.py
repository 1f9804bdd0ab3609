"""Open the ledger, migrate it, and write to it safely."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text

from include.databases import CONNECT_SECONDS, POSTGRESQL, SQLITE, explaining, read_url
from include.hash_keys import find_keys
from include.ledger import hashes
from include.settings import Settings

SETTING = "OMNI_LEDGER_URL"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 30_000
ONE_AT_A_TIME = threading.Lock()  # Alembic keeps its context in a module: one migration a process


def open_ledger(settings: Settings) -> Engine:
    """Connect, migrate to the newest shape if need be, and bring its hashes under the installation's keys.

    Safe from several processes at once.

    Raises:
        FixDeclaration: the keys are not those that the ledger was written with.
        FixConnection: `OMNI_LEDGER_URL` is wrong, or the server refuses it.
        RetryLater: the server does not answer.
    """
    url = read_url(SETTING, settings.ledger)
    if url.get_backend_name() == SQLITE:
        engine = create_engine(url, hide_parameters=True)
        if url.database:
            _create_private(Path(url.database))
        _prepare_sqlite(engine)
    else:
        engine = _connect_postgresql(url)
    _migrate(engine)
    _bring_up_hashes(engine, settings)
    return engine


@contextmanager
def writing(engine: Engine, name: str | None = None) -> Iterator[Connection]:
    """One transaction that will write: SQLite takes the write lock at its start.

    Args:
        name: of what is read and then written as a whole; see `hold`.
    """
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        if name is not None:
            hold(connection, name)
        yield connection


def hold(db: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends.

    For PostgreSQL, where writers run side by side; SQLite has one writer at a time anyway.
    """
    if db.dialect.name == POSTGRESQL:
        db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


@contextmanager
def writing_hashes(engine: Engine, name: str | None = None) -> Iterator[Connection]:
    """As `writing`, for what compares hashes of addresses or adds some: no key is added before it ends.

    Raises:
        RetryLater: one was added since the ledger was opened.
    """
    with writing(engine) as db:
        if db.dialect.name == POSTGRESQL:
            shared = text("select pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
            db.execute(shared, {"name": hashes.LOCK})
        hashes.require_present(db, hashes.keys_of(engine))
        if name is not None:
            hold(db, name)
        yield db


def _connect_postgresql(url: URL) -> Engine:
    """An engine for a process that does one thing at a time, whatever the server's own defaults are.

    READ COMMITTED, for a claim must see what was committed while it waited for a lock.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=1,
        max_overflow=1,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "omnichannel ledger"},
    )
    with explaining(SETTING, url), engine.connect():
        return engine


def _create_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, by name
        for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
        if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raw.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_write = connection.get_execution_options().get("ledger_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision, in one transaction that only one process holds."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    if revision(engine) == head:
        return
    with ONE_AT_A_TIME, writing(engine, "migration") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _bring_up_hashes(engine: Engine, settings: Settings) -> None:
    """In a transaction of its own: killed before its end, the next opening does it."""
    keys = find_keys(settings)
    with engine.connect() as db:
        is_present = hashes.is_present(db, keys)
    if not is_present:
        with ONE_AT_A_TIME, writing(engine, hashes.LOCK) as db:
            keys = hashes.bring_up(db, settings)
    engine.update_execution_options(**{hashes.OPTION: keys})


def revision(engine: Engine) -> str | None:
    """The revision that the ledger's tables are at; none before the first migration."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()
