"""What is unknown is settled by the receiver's events, by silence only once it counts, else not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from include.ledger.dispatch import dispatch
from include.ledger.history import snapshot
from include.ledger.messages import plan
from include.ledger.settle import settle
from include.warehouse.published import read_mart
from tests.fixtures.published import decision, event, freshness, point, publish
from tests.fixtures.receivers import twice
from tests.unit.ledger.conftest import D, messages, states

ANA = point("ana", "ana@example.com")
NEXT = D + timedelta(days=1)


@pytest.fixture
def unknown(settings, smtp):
    """One message that the relay took without a word; its Message-ID."""
    publish(settings, D, dim_contact_points=[ANA], fct_message_decisions=[decision(ANA, D)])
    plan(settings, D)
    smtp.behave = lambda number: "drop" if number == 1 else "accept"
    dispatch(settings, D, {"smtp_relay": smtp.connection()})
    assert states(settings) == {"ana": "unknown:no_reply"}
    return messages(settings)[0]["message_id"]


def night(settings, landed, *events, business_date=NEXT):
    publish(
        settings,
        business_date,
        dim_contact_points=[ANA],
        fct_message_events=events,
        rpt_channel_freshness=[freshness(landed)],
    )
    return settle(settings, business_date)


@pytest.mark.parametrize("kind", ["accepted", "delivered", "open", "click", "complaint", "unsubscribe"])
def test_any_sign_of_acceptance_confirms(settings, unknown, kind):
    assert night(settings, NEXT, event(unknown, kind)) == {"confirmed": 1}
    (row,) = messages(settings)
    assert row["sent_at"] == datetime(2026, 3, 16, 9, tzinfo=UTC)
    assert row["settled_at"] == datetime(2026, 3, 17, 9, tzinfo=UTC)


def test_a_bounce_rejects_though_it_was_accepted_first(settings, unknown):
    assert night(settings, NEXT, event(unknown, "accepted"), event(unknown, "bounce")) == {
        "rejected:bounced": 1
    }


def test_the_events_of_others_say_nothing(settings, unknown):
    assert night(settings, D, event("another@example", "accepted")) == {"unknown": 1}


def test_silence_does_not_count_before_the_day_has_landed_that_must_show_it(settings, unknown):
    assert night(settings, D) == {"unknown": 1}
    assert publish(settings, NEXT, dim_contact_points=[ANA]) and settle(settings, NEXT) == {"unknown": 1}
    assert night(settings, NEXT) == {"planned:not_accepted": 1}


def test_what_never_arrived_is_sent_again_under_the_same_message_id(settings, smtp, unknown):
    assert night(settings, NEXT) == {"planned:not_accepted": 1}
    assert dispatch(settings, NEXT, {"smtp_relay": smtp.connection()}) == {"confirmed": 1}
    assert twice(smtp.ids) == [unknown]  # the drill's relay hid what it had taken: only then


def test_what_never_arrived_and_is_too_late_is_rejected(settings, smtp, unknown):
    later = D + timedelta(days=10)
    assert night(settings, later, business_date=later) == {"rejected:not_accepted": 1}


def test_settling_again_changes_nothing(settings, unknown):
    night(settings, NEXT, event(unknown, "accepted"))
    before = messages(settings)
    assert settle(settings, NEXT) == {}
    assert messages(settings) == before


def test_a_run_of_an_earlier_date_settles_nothing_of_a_later_one(settings, unknown):
    night(settings, D)
    assert settle(settings, D - timedelta(days=1)) == {}


def test_nothing_published_leaves_all_unknown(settings, unknown):
    (settings.published / "current").unlink()
    assert settle(settings, D) == {"unknown": 1}


def told(settings, before):
    folder = snapshot(settings, before)
    return read_mart(folder, "messages").to_pylist()


def test_a_snapshot_tells_what_earlier_runs_left_and_never_what_came_after(settings, unknown):
    first = told(settings, NEXT)
    assert [(row["state"], row["reason"], row["business_date"]) for row in first] == [
        ("unknown", "no_reply", D)
    ]
    assert first[0]["sent_at"] == datetime(2026, 3, 16, 9, tzinfo=UTC)
    night(settings, NEXT, event(unknown, "accepted"))
    assert told(settings, NEXT) == first
    assert [row["state"] for row in told(settings, NEXT + timedelta(days=1))] == ["confirmed"]
    assert told(settings, D) == []


def test_equal_snapshots_are_equal_bytes(settings, unknown):
    first = (snapshot(settings, NEXT) / "messages.parquet").read_bytes()
    assert (snapshot(settings, NEXT) / "messages.parquet").read_bytes() == first


def test_the_first_night_has_an_empty_snapshot_with_all_columns(settings):
    table = read_mart(snapshot(settings, D), "messages")
    assert table.num_rows == 0
    assert table.column_names == [
        *("message_key", "journey", "step", "trigger_id", "trigger_record", "customer_id", "channel"),
        *("address_hash", "state", "reason", "business_date", "sent_at", "message_id"),
    ]
