"""A delivery that stopped halfway goes on where it stopped: nobody is asked about the rest of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from include.errors import RetryLater
from include.ledger.deliveries import apply_sync
from include.ledger.engine import open_ledger, writing
from include.ledger.models import AudienceBatch
from include.ledger.plans import plan_sync
from include.senders import meta_audience
from include.senders.base import Receipt
from tests.fixtures.adplatform import SYNC
from tests.fixtures.published import point
from tests.unit.ledger.audiences import limit_members, publish_audience
from tests.unit.ledger.conftest import D

PEOPLE = [f"c{n:03}" for n in range(500)]
NEXT = D + timedelta(days=1)


@pytest.fixture
def break_at(monkeypatch):
    """Let the vendor ask for patience at the second batch from now on, once."""

    def arm(number=2):
        send, seen = meta_audience.send, []

        def once(transport, request):
            seen.append(request)
            if len(seen) == number:
                raise RetryLater("busy")
            return send(transport, request)

        monkeypatch.setattr(meta_audience, "send", once)

    return arm


def test_a_first_filling_goes_on(settings, vendor, break_at, monkeypatch):
    limit_members(monkeypatch, 100, "meta_ads")
    publish_audience(settings, PEOPLE)
    break_at(2)
    with pytest.raises(RetryLater):
        apply_sync(settings, SYNC, D, vendor.connection())
    counts = apply_sync(settings, SYNC, D, vendor.connection())
    assert not [name for name in counts if name.startswith("waiting:")]
    assert set(vendor.members(SYNC)) == set(PEOPLE)


def test_who_was_taken_out_to_be_told_anew_is_told(settings, vendor, break_at):
    publish_audience(settings, PEOPLE[:100])
    apply_sync(settings, SYNC, D, vendor.connection())
    points = [point(c, f"{c}@{'new' if c < 'c060' else 'old'}.example.com") for c in PEOPLE[:100]]
    publish_audience(settings, PEOPLE[:100], NEXT, points)
    break_at(2)
    with pytest.raises(RetryLater):
        apply_sync(settings, SYNC, NEXT, vendor.connection())
    assert len(vendor.members(SYNC)) < 100
    apply_sync(settings, SYNC, NEXT, vendor.connection())
    assert set(vendor.members(SYNC)) == set(PEOPLE[:100])


def test_what_comes_beyond_it_is_asked_about(settings, vendor, break_at, monkeypatch):
    limit_members(monkeypatch, 100, "meta_ads")
    publish_audience(settings, PEOPLE[:200])
    break_at(2)
    with pytest.raises(RetryLater):
        apply_sync(settings, SYNC, D, vendor.connection())
    publish_audience(settings, PEOPLE)
    counts = apply_sync(settings, SYNC, D, vendor.connection())
    assert counts["waiting:add"] == 300
    assert set(vendor.members(SYNC)) == set(PEOPLE[:200])


def test_a_removal_that_was_refused_is_said_again(settings, vendor, monkeypatch):
    publish_audience(settings, PEOPLE[:40])
    apply_sync(settings, SYNC, D, vendor.connection())
    points = [point(c, f"{c}@example.com", has_marketing_consent=c != "c000") for c in PEOPLE[:40]]
    publish_audience(settings, PEOPLE[:40], NEXT, points)
    with monkeypatch.context() as refusing:
        refusing.setattr(meta_audience, "send", lambda *_: Receipt(0, {"c000": "invalid_entry"}))
        assert apply_sync(settings, SYNC, NEXT, vendor.connection())["refused"] == 1
    assert "c000" in vendor.members(SYNC)
    assert apply_sync(settings, SYNC, NEXT, vendor.connection())["remove"] == 1
    assert "c000" not in vendor.members(SYNC)


def test_a_clock_that_was_set_back_keeps_no_dead_claim(settings, vendor):
    publish_audience(settings, PEOPLE[:40])
    plan_sync(settings, SYNC, D)
    engine, ahead = open_ledger(settings), datetime.now(UTC) + timedelta(hours=26)
    with writing(engine, SYNC) as db:
        held = {"state": "claimed", "fence": 1, "fingerprint": "x", "lease_until": ahead}
        db.execute(update(AudienceBatch).values(held))
    impatient = settings.model_copy(update={"lease": 1.0})
    assert apply_sync(impatient, SYNC, D, vendor.connection())["members"] == 40
    assert set(vendor.members(SYNC)) == set(PEOPLE[:40])
