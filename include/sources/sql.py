"""Tables of a PostgreSQL database, in one snapshot, through a cursor on the server."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from include.channels import Column, SqlSource, Stream
from include.connections import Connection, unfit
from include.errors import FixConnection, FixSource, RetryLater
from include.lake.convert import convert
from include.lake.validate import Item
from include.lake.verdict import check_columns
from include.postgres_tls import fault, tls_of
from include.sources.interval import Interval
from include.sources.json_rows import as_row
from include.sources.pg_bounds import batches, bounded
from include.sources.pg_values import set_loaders

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
_NO_MOMENTS: list[Any] = [sa.literal_column("'infinity'"), sa.literal_column("'-infinity'")]
_TICK, _DAY = timedelta(microseconds=1), timedelta(days=1)
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

    Rows whose cursor is null or infinite lie in no interval: they come every time, and the contract
    refuses and counts them.

    Raises:
        FixConnection: login, privilege or database refused; a server that does not prove who it is.
        FixSource: no such table; a declared column is not in it (ColumnMissing); the query is refused;
            values cannot be read.
        RetryLater: the database is down, or broke off.
    """
    label = f"{stream.label}: {connection.conn_id}"
    try:
        with _snapshot(connection) as session:
            statement = _select(stream, session, interval, label)
            result = session.execute(statement, execution_options={"stream_results": True})
            for rows in batches(result, BATCH):
                yield [as_row(row, stream) for row in rows]
    except SQLAlchemyError as error:
        _refuse(error, label)
    except (ValueError, ArithmeticError, RecursionError) as error:  # of the driver, which wraps its own alone
        raise FixSource(f"{label} holds what cannot be read ({type(error).__name__})") from None


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
            "client_encoding": "UTF8",
            "connect_timeout": max(1, int(connection.seconds(10))),
            **tls_of(connection),
            "options": f"-c timezone=UTC -c datestyle=ISO -c statement_timeout={MINUTES_A_STATEMENT}min",
        },
        isolation_level="REPEATABLE READ",
        poolclass=sa.NullPool,
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", set_loaders)
    try:
        with _connect(engine, connection) as session:
            session.execution_options(postgresql_readonly=True)
            yield session
    finally:
        engine.dispose()


def _connect(engine: sa.Engine, connection: Connection) -> sa.Connection:
    try:
        return engine.connect()
    except UnicodeError:  # neither the driver's own error nor safe to quote
        raise unfit(connection, "its host, login, password or schema holds what cannot be sent") from None


def _select(stream: Stream, session: sa.Connection, interval: Interval, label: str) -> sa.Select[Any]:
    source = stream.source
    assert isinstance(source, SqlSource) and stream.cursor is not None
    try:
        columns = sa.inspect(session).get_columns(source.table, schema=source.table_schema)
    except NoSuchTableError as error:
        raise FixSource(
            f"{label} has no table {source.table_schema}.{source.table}: agree it with the channel's owner"
        ) from error
    kinds = {column["name"]: column["type"] for column in columns}
    names = list(kinds)
    check_columns(stream, names, f"table {source.table}")
    table = sa.table(source.table, *(sa.column(name) for name in names), schema=source.table_schema)
    cursor = table.c[stream.cursor]
    bound = _bounds(stream.columns[stream.cursor], kinds[stream.cursor])
    is_within = cursor < bound(interval.end)
    if interval.start is not None:
        is_within &= cursor >= bound(interval.start)
    statement = sa.select(*bounded(stream, table, kinds)).where(
        is_within | cursor.is_(None) | cursor.in_(_NO_MOMENTS)
    )
    return statement.order_by(cursor, *(table.c[name] for name in stream.key))


def _bounds(column: Column, kind: Any) -> Callable[[datetime], datetime]:
    """How a moment is written to be compared with the cursor, which is of type `kind` in the table."""
    while isinstance(kind, DOMAIN):
        kind = kind.data_type
    if not isinstance(kind, sa.Date) and (not isinstance(kind, sa.DateTime) or kind.timezone):
        return lambda moment: moment
    if column.time_zone is None:  # the contract will refuse these times
        return lambda moment: moment.astimezone(UTC).replace(tzinfo=None)
    return lambda moment: _first_local(moment, column)


def _first_local(moment: datetime, column: Column) -> datetime:
    """The first local time, without zone, that the contract reads as `moment` or later.

    An hour that comes twice when summer ends, or never when it begins, means what the contract takes it
    for; so the contract is asked, and both cut an interval at the same row.
    """

    def meant(ticks: int) -> datetime:
        array, _ = convert([(earliest + ticks * _TICK).isoformat(" ")], column)
        found: datetime = array[0].as_py()
        return found

    earliest = moment.astimezone(ZoneInfo(column.time_zone or "")).replace(tzinfo=None) - _DAY
    return earliest + bisect_left(range(2 * _DAY // _TICK), moment, key=meant) * _TICK


def _refuse(error: SQLAlchemyError, label: str) -> NoReturn:
    """Say who must act; the driver's message is kept out, for it may quote rows."""
    if not isinstance(error, DBAPIError):
        raise FixSource(f"{label}: the table cannot be read: {type(error).__name__}") from None
    state = getattr(error.orig, "sqlstate", None) or ""
    said = str(error.orig)
    if not state and (why := fault(said)):
        raise FixConnection(f"{label}: {why}") from None
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
