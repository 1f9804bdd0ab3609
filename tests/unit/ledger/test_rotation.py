"""A key is added between two steps of a night: everybody is found again, and nothing leaves twice."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from include.errors import RetryLater
from include.ledger import approvals, claims
from include.ledger.dispatch import dispatch
from include.ledger.engine import open_ledger
from include.ledger.messages import plan
from include.ledger.outcomes import write_outcome
from include.ledger.plans import plan_sync
from tests.conftest import HASH_KEY
from tests.fixtures.published import decision, point, publish
from tests.unit.ledger.audiences import SYNC, acknowledged, apply, files, publish_audience, rows_of
from tests.unit.ledger.conftest import D, keyed_by, messages, states

ANA, BEN, CYD = (point(name, f"{name}@example.com") for name in ("ana", "ben", "cyd"))
SECOND = secrets.token_hex(32)
NEXT = D + timedelta(days=1)
EVERYBODY = [f"c{n:03}" for n in range(100)]


@pytest.fixture
def rotated(ledger):
    """The installation of `ledger` after a key was added."""
    return keyed_by(ledger, HASH_KEY, SECOND)


def publish_welcomes(settings, *points):
    decisions = [decision(p, D) for p in points]
    publish(settings, D, dim_contact_points=points, fct_message_decisions=decisions)


def send(settings, smtp):
    return dispatch(settings, D, {"smtp_relay": smtp.connection()})


def test_what_was_planned_before_is_sent_after_to_addresses_published_before(ledger, rotated, smtp):
    publish_welcomes(ledger, ANA, BEN)
    plan(ledger, D)
    planned = {row["address_hash"] for row in messages(ledger)}
    assert send(rotated, smtp) == {"confirmed": 2}
    assert sorted(line["recipient"] for line in smtp.log.lines()) == ["ana@example.com", "ben@example.com"]
    sent = {row["address_hash"] for row in messages(rotated)}
    assert len(sent) == 2 and not sent & planned


def test_the_same_night_run_again_sends_nothing_twice(ledger, rotated, smtp, monkeypatch):
    publish_welcomes(ledger, ANA, BEN)
    plan(ledger, D)
    assert send(ledger, smtp) == {"confirmed": 2}
    assert plan(rotated, D) == {"planned": 0, "known": 2, "withdrawn": 0, "unreachable": 0}
    assert send(rotated, smtp) == {}
    monkeypatch.setenv("OMNI_HASH_KEYS", f"{HASH_KEY},{SECOND}")  # what the night publishes again
    again = [point(name, f"{name}@example.com") for name in ("ana", "ben", "cyd")]
    assert again[0]["address_hash"] != ANA["address_hash"]
    publish_welcomes(rotated, *again)
    assert plan(rotated, D)["planned"] == 1
    assert send(rotated, smtp) == {"confirmed": 1}
    assert len(smtp.log.lines()) == 3


def test_a_suppression_published_before_still_stops_what_is_claimed_after(ledger, rotated, smtp):
    publish_welcomes(ledger, ANA, BEN)
    plan(ledger, D)
    publish_welcomes(ledger, ANA | {"is_suppressed": True, "suppression_reason": "complained"}, BEN)
    assert send(rotated, smtp) == {"confirmed": 1, "suppressed:suppressed": 1}
    assert states(rotated) == {"ana": "suppressed:suppressed", "ben": "confirmed"}


def test_who_may_be_written_to_is_counted_over_the_rotation(ledger, rotated, smtp, monkeypatch):
    publish_welcomes(ledger, ANA)
    plan(ledger, D)
    send(ledger, smtp)
    monkeypatch.setattr(claims, "load_policies", Policies)
    more = [decision(ANA, D, trigger="shop|orders|1")]
    publish(ledger, D, dim_contact_points=[ANA], fct_message_decisions=[decision(ANA, D), *more])
    assert plan(rotated, D)["planned"] == 1
    assert send(rotated, smtp) == {"suppressed:frequency_cap": 1}


class Policies:
    """One message in a week."""

    cap_messages, cap_days = 1, 7


def test_a_key_that_is_added_while_messages_are_claimed_ends_the_run_before_anything_is_refused(
    ledger, rotated, smtp
):
    publish_welcomes(ledger, ANA, BEN)
    plan(ledger, D)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("include.ledger.dispatch.write_outcome", write_and_rotate(rotated))
        with pytest.raises(RetryLater, match="a key was added meanwhile"):
            send(ledger, smtp)
    assert sorted(states(rotated).values()) == ["confirmed", "planned"]
    assert send(rotated, smtp) == {"confirmed": 1}
    assert len(smtp.log.lines()) == 2


def write_and_rotate(rotated):
    """Add a key as soon as the first message has gone."""

    def write(*arguments):
        write_outcome(*arguments)
        open_ledger(rotated).dispose()

    return write


def test_an_audience_that_stands_is_not_told_again_and_who_changed_is(ledger, rotated, sftp, audiences):
    publish_audience(ledger, ["ana", "ben"])
    assert apply(ledger, sftp)["add"] == 2
    assert apply(rotated, sftp)["batches"] == 0
    moved = [point("ana", "ana@example.com"), point("ben", "ben@example.org")]
    publish_audience(rotated, ["ana", "ben"], NEXT, moved)
    counts = apply(rotated, sftp, NEXT)
    assert (counts["add"], counts["remove"], counts["update"]) == (0, 0, 1)
    last = sorted(files(sftp).items())[-1][1]
    assert [row["identifier"] for row in rows_of(last)] == ["ben@example.org"]


def test_a_batch_that_was_planned_and_not_sent_goes_once(ledger, rotated, sftp, audiences):
    publish_audience(ledger, ["ana", "ben"])
    assert plan_sync(ledger, SYNC, D)["add"] == 2
    assert apply(rotated, sftp)["add"] == 2
    assert acknowledged(rotated) == ["ana", "ben"] and len(files(sftp)) == 1


def test_what_was_approved_before_goes_after_and_is_not_asked_again(ledger, rotated, sftp, audiences):
    publish_audience(ledger, EVERYBODY)
    apply(ledger, sftp)
    points = [point(name, f"{name}@example.com") for name in EVERYBODY]
    publish_audience(ledger, EVERYBODY[:40], NEXT, points)
    assert apply(ledger, sftp, NEXT)["waiting:remove"] == 60
    (asked,) = approvals.open_questions(ledger, NEXT)
    at = datetime(2026, 3, 17, 9, 30, tzinfo=UTC)
    approvals.answer(ledger, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", at)
    assert apply(rotated, sftp, NEXT)["remove"] == 60
    assert acknowledged(rotated) == EVERYBODY[:40]
    assert approvals.open_questions(rotated, NEXT) == []
