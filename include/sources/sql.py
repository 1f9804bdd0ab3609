"""Tables of a PostgreSQL database, in one snapshot, through a cursor on the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import sqlalchemy as sa
from psycopg.types.string import TextLoader
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from include.channels import SqlSource, Stream
from include.connections import Connection
from include.errors import FixConnection, FixSource, RetryLater
from include.lake.validate import Item
from include.lake.verdict import check_columns
from include.sources.interval import Interval

# What its connection must look like; `schema` is the database.
EXAMPLES = (
    {
        "conn_type": "postgres",
        "host": "db.stores.example",
        "port": 5432,
        "login": "<user who may read>",
        "password": "<password>",
        "schema": "<database>",
        "extra": {"timeout": 10},
    },
)
BATCH = 10_000
MINUTES_A_STATEMENT = 15
_TEXT_TYPES = ("timestamptz", "timestamp", "date")
_REFUSED = ("28", "42501", "3D000")  # credentials, privilege, no such database
_SAID_AT_LOGIN = (
    "password authentication",
    "no pg_hba.conf entry",
    "does not exist",
    "no password supplied",
    "is not permitted to log in",
    "permission denied for database",
)
_NOT_POSTGRESQL = ("received invalid response to", "expected authentication request from server")


def read(stream: Stream, connection: Connection, interval: Interval) -> Iterator[list[Item]]:
    """The rows of `interval`, ordered by cursor and key, every column of the table.

    Raises:
        FixConnection: login, privilege or database refused.
        FixSource: no such table; a declared column is not in it (ColumnMissing); the query is refused.
        RetryLater: the database is down, or broke off.
    """
    label = f"{stream.label}: {connection.conn_id}"
    try:
        with _snapshot(connection) as session:
            statement = _select(stream, session, interval, label)
            result = session.execute(statement, execution_options={"yield_per": BATCH})
            names = list(result.keys())
            for rows in result.partitions():
                yield [dict(zip(names, row, strict=True)) for row in rows]
    except SQLAlchemyError as error:
        _refuse(error, label)


@contextmanager
def _snapshot(connection: Connection) -> Iterator[sa.Connection]:
    connection.require("host", "schema")
    engine = sa.create_engine(
        sa.URL.create(
            "postgresql+psycopg",
            username=connection.login,
            password=connection.password,
            host=connection.host,
            port=connection.port,
            database=connection.schema,
        ),
        connect_args={
            "connect_timeout": max(1, int(connection.seconds(10))),
            "options": f"-c timezone=UTC -c datestyle=ISO -c statement_timeout={MINUTES_A_STATEMENT}min",
        },
        isolation_level="REPEATABLE READ",
        poolclass=sa.NullPool,
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _read_times_as_text)
    try:
        with engine.connect() as session:
            session.execution_options(postgresql_readonly=True)
            yield session
    finally:
        engine.dispose()


def _read_times_as_text(session: Any, _: Any) -> None:
    """Times come as PostgreSQL writes them, so that `infinity` or the year 20000 spoils one row only."""
    for name in _TEXT_TYPES:
        session.adapters.register_loader(name, TextLoader)


def _select(stream: Stream, session: sa.Connection, interval: Interval, label: str) -> sa.Select[Any]:
    source = stream.source
    assert isinstance(source, SqlSource) and stream.cursor is not None
    try:
        columns = sa.inspect(session).get_columns(source.table, schema=source.table_schema)
    except NoSuchTableError as error:
        raise FixSource(
            f"{label} has no table {source.table_schema}.{source.table}: agree it with the channel's owner"
        ) from error
    names = [column["name"] for column in columns]
    check_columns(stream, names, f"table {source.table}")
    table = sa.table(source.table, *(sa.column(name) for name in names), schema=source.table_schema)
    cursor = table.c[stream.cursor]
    statement = sa.select(table).where(cursor < interval.end)
    if interval.start is not None:
        statement = statement.where(cursor >= interval.start)
    return statement.order_by(cursor, *(table.c[name] for name in stream.key))


def _refuse(error: SQLAlchemyError, label: str) -> NoReturn:
    """Say who must act; the driver's message is kept out, for it may quote rows."""
    if not isinstance(error, DBAPIError):
        raise FixSource(f"{label}: the table cannot be read: {type(error).__name__}") from None
    state = getattr(error.orig, "sqlstate", None) or ""
    said = str(error.orig)
    if state.startswith(_REFUSED) or (not state and any(words in said for words in _SAID_AT_LOGIN)):
        raise FixConnection(
            f"{label} refused the login: mend the connection's user, password, schema"
        ) from None
    if not state and any(words in said for words in _NOT_POSTGRESQL):
        raise FixConnection(f"{label}: what answers is no PostgreSQL: check host and port") from None
    is_down = isinstance(error, sa.exc.OperationalError) or state[:2] in ("08", "53", "57")
    if is_down or error.connection_invalidated:
        raise RetryLater(f"{label} is down or broke off ({state or type(error).__name__})") from None
    raise FixSource(f"{label} refused the query ({state or type(error).__name__})") from None
