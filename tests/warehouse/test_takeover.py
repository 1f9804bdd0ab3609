"""Nobody outside can become somebody else: a hundred strangers try, each on one customer."""

from collections import Counter

import pytest

from include.identity.takeover import takeover
from include.report.problems import problem_figures
from include.settings import Settings
from include.warehouse import published
from tests.warehouse.attack_ways import AFTER, BEFORE, WAYS
from tests.warehouse.attackers import Attack
from tests.warehouse.test_incremental_equals_full import run_night


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """The attack, the house, and the versions of the night before it and of its own."""
    settings = Settings(var=tmp_path_factory.mktemp("attack") / "var", clock="sandbox")
    attack, versions = Attack(), []
    for night in (BEFORE, AFTER):
        attack.land(settings, night)
        versions.append(run_night(settings, night))
    return attack, settings, versions


def marts(version):
    return tuple(published.read_mart(version, name) for name in ("customer_records", "dim_contact_points"))


def rows(version, mart):
    return published.read_mart(version, mart).to_pylist()


def of_victims(attack, version, mart):
    """Rows of a mart that belong to victims' customers, and how many customers these are."""
    keys = {(row["channel"], row["stream"], row["record_key"]) for row in attack.victims}
    found = {
        row["customer_id"]
        for row in rows(version, "customer_records")
        if (row["channel"], row["stream"], row["record_key"]) in keys
    }
    assert len(found) == 100
    return [row for row in rows(version, mart) if row["customer_id"] in found]


def test_a_hundred_strangers_replace_no_address_and_silence_nobody(nights):
    attack, _, (before, after) = nights
    found = takeover(marts(before), marts(after), attack.records("victims"), attack.records("attackers"))
    assert (found["victims"], len(WAYS)) == (100, 16) and found["joined"] > 50, found
    assert (found["replaced"], found["silenced"], found["whom"]) == (0, 0, [])


def test_no_stranger_s_address_is_used_and_each_is_there_to_be_looked_at(nights):
    attack, _, (_, after) = nights
    points = of_victims(attack, after, "dim_contact_points")
    strangers = [p for p in points if "stranger" in p["address"] or p["address"][9] in "12"]
    assert len(strangers) >= 80  # the others are customers of their own
    assert not any(p["is_confirmed"] or p["is_preferred"] for p in strangers)
    linked = Counter(p["linked_by"] for p in strangers)
    assert set(linked) == {"phone", "loyalty_id", "email", "account_id", "cookie_id"}


def test_no_stranger_refuses_advertising_for_a_customer(nights):
    attack, _, (_, after) = nights
    standing = [r for r in of_victims(attack, after, "fct_consent_standing") if r["contact_channel"] == "ads"]
    assert len(standing) == 200 and all(row["is_granted"] for row in standing)


def test_the_stranger_s_own_refusal_is_heard_for_the_stranger_s_own_address(nights):
    _, _, (_, after) = nights
    suppressed = {p["address"]: p["suppression_reason"] for p in rows(after, "dim_contact_points")}
    own = {address: why for address, why in suppressed.items() if "stranger" in address}
    assert len(own) > 80 and set(own.values()) == {"erasure_requested"}


def test_a_customer_who_gives_another_address_in_the_own_account_is_reached_there(nights):
    _, _, (_, after) = nights
    points = {p["address"]: p for p in rows(after, "dim_contact_points") if p["address"].startswith("kim@")}
    new, old = points["kim@new.example"], points["kim@old.example"]
    assert new["is_preferred"] and new["is_confirmed"] and not old["is_confirmed"]
    made = [r for r in rows(after, "fct_address_changes") if r["customer_id"] == new["customer_id"]]
    assert [(r["status"], r["contact_point_id"]) for r in made if r["status"] == "made"] == [
        ("made", new["contact_point_id"])
    ]


def test_what_waits_is_listed_and_no_change_was_made(nights):
    attack, settings, (_, after) = nights
    assert not [r for r in of_victims(attack, after, "fct_address_changes") if r["status"] == "made"]
    waiting = [r for r in rows(after, "rpt_unheard_refusals") if r["reason"] == "waits_for_confirmation"]
    assert len(waiting) >= 100
    problems = problem_figures(settings, AFTER, after)
    assert problems["waiting_refusals"]["count"] == len(waiting)
