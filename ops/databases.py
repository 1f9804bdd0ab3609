"""See that the databases of an installation can be used, and say which setting to mend where one cannot."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from include import databases
from include.errors import FixConnection
from include.ledger.engine import SETTING, open_ledger
from include.settings import Settings
from ops.installation import METADATA


def prepare(settings: Settings, metadata: str) -> None:
    """Look whether Airflow's metadata database is there, and bring the ledger to its newest shape.

    Raises:
        OmniError: one of them cannot be reached or migrated; the message names its setting, and no password.
    """
    with _naming(METADATA):
        databases.check(METADATA, metadata)
    with _naming(SETTING):
        open_ledger(settings).dispose()


@contextmanager
def _naming(setting: str) -> Iterator[None]:
    """Of what a driver says, the first line: statements and their values follow after it."""
    try:
        yield
    except (SQLAlchemyError, CommandError, ImportError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise FixConnection(f"{setting}: this database cannot be used: {said}") from None
