"""`python -m include.ledger`: bring the ledger to its newest shape, as the first task of a night would.

With `--forget SYNC`: forget whom a destination holds of a sync that is declared no more, for it holds nobody.
With `--rotate-hash-keys`: add a key to those that addresses are hashed under, while nothing else runs.
With `--arrived BATCH` or `--not-arrived BATCH`: settle a batch of unknown outcome, once its receiver was
asked.
"""

import argparse
import sys

from include import settings
from include.databases import naming
from include.errors import FixDeclaration, OmniError
from include.hash_keys import add_key
from include.ledger.engine import SETTING, open_ledger, revision
from include.ledger.hashes import keys_of
from include.ledger.retired import forget
from include.ledger.settle import settle_batch
from include.private import keep_private
from include.sandbox.parameters import read_world


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 2 when a person must act."""
    parser = argparse.ArgumentParser(prog="python -m include.ledger", description=__doc__)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--forget", metavar="SYNC")
    one.add_argument("--rotate-hash-keys", action="store_true")
    one.add_argument("--arrived", metavar="BATCH")
    one.add_argument("--not-arrived", metavar="BATCH")
    asked = parser.parse_args(arguments)
    batch = asked.arrived or asked.not_arrived
    keep_private()
    try:
        house = settings.load()
        if not (asked.forget or batch or asked.rotate_hash_keys):
            _refuse_made_up(house)
        with naming(SETTING):  # around the database alone: no other file's trouble is its
            _open(house)
            if asked.rotate_hash_keys:
                add_key(house)
                _open(house)
        if asked.forget:
            print(f"forgot {forget(house, asked.forget):,} people of {asked.forget}")
        if batch:
            print(settle_batch(house, batch, has_arrived=bool(asked.arrived)))
    except OmniError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _open(house: settings.Settings) -> None:
    engine = open_ledger(house)
    under = f"hashes under {keys_of(engine).count} keys"
    print(f"ledger ({engine.dialect.name}) at revision {revision(engine)}, {under}")
    engine.dispose()


def _refuse_made_up(house: settings.Settings) -> None:
    """On the wall clock, what the made-up company has left in `var` would be mailed to for real."""
    if house.clock == "wall" and read_world(house):
        raise FixDeclaration(
            f"{house.sandbox} holds the made-up company: with OMNI_CLOCK=wall, begin with an empty var"
        )


if __name__ == "__main__":
    sys.exit(main())
