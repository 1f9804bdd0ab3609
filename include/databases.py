"""Databases by URL: SQLite or PostgreSQL, and what is wrong with one, told without its password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from include.errors import FixConnection, RetryLater
from include.postgres_tls import fault, tls_of_url

POSTGRESQL = "postgresql"
SQLITE = "sqlite"
CONNECT_SECONDS = 10
# A server that refuses us says FATAL; these refusals pass by themselves.
REFUSAL = re.compile(r"FATAL:\s*(.+)")
PASSING = re.compile(r"too many|remaining connection slots|starting up|shutting down|recovery mode")


def read_url(setting: str, value: str) -> URL:
    """The URL that `setting` holds.

    Raises:
        FixConnection: it is none, of a kind that is not taken, or leads off loopback without TLS that
            verifies. What it holds is not repeated.
    """
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise FixConnection(
            f"{setting} is not a database URL: it reads like "
            "postgresql+psycopg://user:PASSWORD@host:5432/name, with what is special in the password escaped"
        ) from None
    if url.get_backend_name() not in (POSTGRESQL, SQLITE):
        raise FixConnection(f"{setting} must begin with postgresql+<driver>:// or sqlite://")
    if url.get_backend_name() == POSTGRESQL:
        url = url.update_query_dict(tls_of_url(setting, url))
    return url


@contextmanager
def explaining(setting: str, url: URL) -> Iterator[None]:
    """Say which setting to mend, or that it is worth a later try, where a server cannot be reached.

    Raises:
        FixConnection: the server refuses us (login, password, name of the database), or its certificate
            is not valid.
        RetryLater: it does not answer, or is too busy.
    """
    try:
        yield
    except OperationalError as error:
        refused = REFUSAL.search(str(error.orig))
        where = f"{setting} ({url.host}:{url.port or 5432})"
        if why := fault(str(error.orig)):
            raise FixConnection(f"{where}: {why}") from None
        if refused is None:
            raise RetryLater(f"{where}: no database answers there") from None
        kind = RetryLater if PASSING.search(refused[1]) else FixConnection
        raise kind(f"{where}: {refused[1].strip()}") from None


@contextmanager
def naming(setting: str) -> Iterator[None]:
    """For people at a command: whatever a database says is told in one line, with the setting to mend.

    Of what a driver says, the first line: statements and their values follow after it.

    Raises:
        FixConnection: it cannot be used, or is none of ours.
    """
    try:
        yield
    except (SQLAlchemyError, CommandError, ImportError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise FixConnection(f"{setting}: this database cannot be used: {said}") from None


def check(setting: str, value: str) -> None:
    """See that a database can be reached; a SQLite file is made when needed. Raises like `explaining`."""
    url = read_url(setting, value)
    if url.get_backend_name() == SQLITE:
        return
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_SECONDS})
    with explaining(setting, url), engine.connect():
        pass
    engine.dispose()
