"""`python -m include.ledger`: bring the ledger to the newest shape, as the first task of a night would."""

import sys

from include import settings
from include.databases import naming
from include.errors import OmniError
from include.ledger.engine import SETTING, open_ledger, revision


def main() -> int:
    """0 when the ledger is ready, 2 when a person must act."""
    try:
        with naming(SETTING):
            engine = open_ledger(settings.load())
    except OmniError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"ledger ({engine.dialect.name}) at revision {revision(engine)}")
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
