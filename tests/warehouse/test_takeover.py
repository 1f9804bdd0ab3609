"""Nobody outside can become somebody else: a hundred strangers try, each on one customer."""

import duckdb
import pytest

from include.identity.takeover import takeover
from include.settings import Settings
from include.warehouse import published
from tests.warehouse.attackers import AFTER, BEFORE, Attack
from tests.warehouse.test_incremental_equals_full import run_night


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """The attack, and the versions of the night before it and of its own."""
    settings = Settings(var=tmp_path_factory.mktemp("attack") / "var", clock="sandbox")
    attack, versions = Attack(), []
    for night in (BEFORE, AFTER):
        attack.land(settings, night)
        versions.append(run_night(settings, night))
    return attack, *versions


def marts(version):
    return tuple(published.read_mart(version, name) for name in ("customer_records", "dim_contact_points"))


def test_a_hundred_strangers_replace_no_address_and_silence_nobody(nights):
    attack, before, after = nights
    found = takeover(marts(before), marts(after), attack.records("victims"), attack.records("attackers"))
    assert found["victims"] == 100 and found["joined"] >= 95
    assert (found["replaced"], found["silenced"], found["whom"]) == (0, 0, [])
