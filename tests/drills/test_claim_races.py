"""Claim races in numbers: eight processes ask PostgreSQL for one message at the same moment, 1,000 times."""

from tests.unit.ledger.conftest import on_postgresql, settings, shared_ledger  # noqa: F401 (fixtures)
from tests.unit.ledger.test_races import EIGHT, race

RACES = 1_000


@on_postgresql
def test_of_a_thousand_races_each_has_one_winner(settings):  # noqa: F811
    wins = race(settings, RACES)
    winners = sum(wins)
    print(f"\nraces {len(wins)}, winners {winners}, losers {len(wins) * EIGHT - winners}")
    assert wins == [1] * RACES
