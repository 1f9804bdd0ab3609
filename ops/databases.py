"""See that the databases of an installation can be used, and say which setting to mend where one cannot."""

from include import databases
from include.ledger.engine import SETTING, open_ledger
from include.settings import Settings
from ops.installation import METADATA


def prepare(settings: Settings, metadata: str) -> None:
    """Look whether Airflow's metadata database is there, and bring the ledger to its newest shape.

    Raises:
        OmniError: one of them cannot be reached or migrated; the message names its setting, and no password.
    """
    with databases.naming(METADATA):
        databases.check(METADATA, metadata)
    with databases.naming(SETTING):
        open_ledger(settings).dispose()
