"""An audience that somebody deleted at its destination is told anew, whole."""

from datetime import timedelta

import pytest

from include.ledger.deliveries import apply_sync
from include.senders import meta_audience
from tests.fixtures.adplatform import META, SYNC
from tests.fixtures.published import point
from tests.unit.ledger.audiences import publish_audience
from tests.unit.ledger.conftest import D

PEOPLE = [f"c{n:02}" for n in range(40)]
NEXT = D + timedelta(days=1)


@pytest.fixture
def told(settings, vendor):
    """All but the last were told of; then a person deletes the audience in the vendor's own pages."""
    publish_audience(settings, PEOPLE[:-1])
    apply_sync(settings, SYNC, D, vendor.connection())
    assert set(vendor.members(SYNC)) == set(PEOPLE[:-1])
    with meta_audience.connect(META, vendor.connection(), 5) as transport:
        (ours,) = transport.listed("customaudiences", {})
        transport.delete(ours["id"], {})
    assert vendor.members(SYNC) == {}
    return vendor


def test_an_addition_finds_it_gone_and_all_are_told_anew(settings, told):
    publish_audience(settings, PEOPLE, NEXT)
    counts = apply_sync(settings, SYNC, NEXT, told.connection())
    assert counts["add"] == counts["members"] == len(PEOPLE)
    assert set(told.members(SYNC)) == set(PEOPLE)
    assert apply_sync(settings, SYNC, NEXT, told.connection())["batches"] == 0


def test_a_removal_finds_it_gone_and_the_rest_are_told_anew(settings, told):
    points = [point(c, f"{c}@example.com", has_marketing_consent=c != "c00") for c in PEOPLE]
    publish_audience(settings, PEOPLE[:-1], NEXT, points)
    counts = apply_sync(settings, SYNC, NEXT, told.connection())
    assert (counts["remove"], counts["add"]) == (1, len(PEOPLE) - 2)
    assert set(told.members(SYNC)) == set(PEOPLE[1:-1])


def test_a_night_without_changes_has_nothing_to_say_and_finds_nothing(settings, told):
    publish_audience(settings, PEOPLE[:-1], NEXT)
    assert apply_sync(settings, SYNC, NEXT, told.connection())["batches"] == 0
    assert told.members(SYNC) == {}


def test_what_waits_for_a_person_goes_on_waiting(settings, told):
    many = [f"n{n:03}" for n in range(400)]
    points = [point(c, f"{c}@example.com", has_marketing_consent=c != "c00") for c in (*PEOPLE, *many)]
    publish_audience(settings, [*PEOPLE[:-1], *many], NEXT, points)
    counts = apply_sync(settings, SYNC, NEXT, told.connection())
    assert counts["waiting:add"] == len(many)
    assert set(told.members(SYNC)) == set(PEOPLE[1:-1])
