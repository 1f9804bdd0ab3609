"""A version is withdrawn: what it planned counts no more, what has left stays, and nights deliver again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from include.errors import FixPayload, FixRequest, OutcomeUnknown, RetryLater
from include.ledger import approvals, deliveries, plans
from include.ledger.engine import open_ledger, writing
from include.ledger.models import AudienceBatch, AudiencePlan
from include.ledger.plans import plan_sync
from include.ledger.withdrawn import PLANNING, withdraw_plans
from include.warehouse.published import version_for
from include.warehouse.withdraw import withdraw
from tests.fixtures.published import freshness, point, publish
from tests.fixtures.receivers import twice
from tests.unit.ledger.audiences import (
    SYNC,
    acknowledged,
    apply,
    files,
    limit_members,
    publish_audience,
    rows_of,
)
from tests.unit.ledger.conftest import D, on_postgresql
from tests.unit.ledger.test_dispatch import ANA, BEN, CYD, publish_welcomes

NEXT, THIRD, FUTURE = (D + timedelta(days=n) for n in (1, 2, 7))
EVERYBODY = [f"c{n:03}" for n in range(100)]
POINTS = [point(one, f"{one}@example.com") for one in EVERYBODY]
AT = datetime(2026, 3, 17, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("audiences")


def take_back(settings, day):
    return withdraw(settings, version_for(settings, day).name)


def batches(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        columns = (AudienceBatch.business_date, AudienceBatch.state, AudienceBatch.reason)
        rows = db.execute(select(*columns).order_by(AudienceBatch.business_date, AudienceBatch.ordinal)).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_the_nights_before_a_withdrawn_later_date_deliver_again(settings, sftp):
    publish_audience(settings, ["ana"])
    apply(settings, sftp)
    publish_audience(settings, ["ana", "ben"], FUTURE)
    apply(settings, sftp, FUTURE)
    publish_audience(settings, ["ana", "cyd"], NEXT)
    assert apply(settings, sftp, NEXT)["batches"] == 0, "nothing, as a later date was planned"

    take_back(settings, FUTURE)

    assert acknowledged(settings) == ["ana", "ben"], "what the destination has acknowledged stays known"
    counts = apply(settings, sftp, NEXT)
    assert (counts["add"], counts["remove"]) == (1, 1)
    assert acknowledged(settings) == ["ana", "cyd"]
    sent = [(r["operation"], r["customer_id"]) for f in files(sftp).values() for r in rows_of(f)]
    assert sorted(sent) == [("add", "ana"), ("add", "ben"), ("add", "cyd"), ("remove", "ben")]
    assert twice(sftp.names) == []


def test_the_corrected_date_is_delivered_and_counts_as_later_again(settings, sftp):
    publish_audience(settings, ["ana"])
    publish_audience(settings, ["ana", "ben"], NEXT)
    apply(settings, sftp, NEXT)
    take_back(settings, NEXT)
    publish_audience(settings, ["ana", "cyd"], NEXT)
    assert apply(settings, sftp, NEXT)["batches"] == 1
    assert acknowledged(settings) == ["ana", "cyd"]
    assert apply(settings, sftp, D)["batches"] == 0


def test_what_waited_or_was_not_sent_yet_is_void(settings):
    publish_audience(settings, ["ana"])
    publish_audience(settings, ["ana", "ben"], NEXT)
    plan_sync(settings, SYNC, NEXT)
    assert take_back(settings, NEXT).void == {"plans": 1, "batches": 1, "messages": 0}
    assert batches(settings) == [(NEXT, "void", "version_withdrawn")]
    with pytest.raises(FixRequest, match="no version of 2026-03-16 is published"):
        plan_sync(settings, SYNC, NEXT)


def test_a_question_about_it_is_closed_and_an_approval_is_asked_for_again(settings, sftp):
    publish_audience(settings, EVERYBODY)
    apply(settings, sftp)
    publish_audience(settings, EVERYBODY[:40], NEXT, POINTS)
    apply(settings, sftp, NEXT)
    (asked,) = approvals.open_questions(settings, NEXT)
    approvals.answer(settings, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", AT)
    take_back(settings, NEXT)
    assert approvals.open_questions(settings, NEXT) == []
    with pytest.raises(FixPayload):
        approvals.answer(settings, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", AT)

    publish_audience(settings, EVERYBODY[:40], NEXT, [*POINTS, ANA])
    counts = apply(settings, sftp, NEXT)

    assert counts["waiting:remove"] == 60 and counts["remove"] == 0
    assert len(acknowledged(settings)) == 100
    (again,) = approvals.open_questions(settings, NEXT)
    assert again.question == asked.question


def test_a_delivery_under_way_claims_nothing_more_once_it_is_withdrawn(settings, sftp, monkeypatch):
    publish_audience(settings, ["ana"])
    publish_audience(settings, ["ana", "ben"], NEXT)
    real = deliveries._claim

    def withdrawn_before_the_claim(*arguments):
        if version_for(settings, NEXT):
            take_back(settings, NEXT)
        return real(*arguments)

    monkeypatch.setattr(deliveries, "_claim", withdrawn_before_the_claim)
    with pytest.raises(FixRequest, match="no version of 2026-03-16"):
        apply(settings, sftp, NEXT)
    assert files(sftp) == {} and acknowledged(settings) == []


def test_a_past_date_that_is_published_again_meanwhile_is_delivered_as_it_stands_then(
    settings, sftp, monkeypatch
):
    publish_audience(settings, ["ana"])
    newest = publish(settings, NEXT, dim_contact_points=[ANA, BEN], rpt_channel_freshness=[freshness(NEXT)])
    real = deliveries._claim

    def published_before_the_claim(*arguments):
        publish_audience(settings, ["ben"])
        (settings.published / "current").write_text(newest)
        return real(*arguments)

    monkeypatch.setattr(deliveries, "_claim", published_before_the_claim)
    assert apply(settings, sftp, D)["batches"] == 1
    assert acknowledged(settings) == ["ben"]


def test_a_plan_that_is_being_made_while_it_is_withdrawn_is_not_written(settings, monkeypatch):
    publish_audience(settings, ["ana"])
    publish_audience(settings, ["ana", "ben"], NEXT)
    real = plans.find_wanted

    def withdrawn_meanwhile(*arguments):
        take_back(settings, NEXT)
        return real(*arguments)

    monkeypatch.setattr(plans, "find_wanted", withdrawn_meanwhile)
    with pytest.raises(RetryLater, match="was published meanwhile"):
        plan_sync(settings, SYNC, NEXT)
    engine = open_ledger(settings)
    with engine.connect() as db:
        assert db.scalars(select(AudiencePlan.sync)).all() == []
    engine.dispose()


def test_what_a_withdrawn_plan_had_let_through_is_judged_again(settings, sftp, monkeypatch):
    limit_members(monkeypatch, 30)
    publish_welcomes(settings, CYD)
    publish_audience(settings, EVERYBODY, NEXT)
    real = sftp.log.add

    def cut_after_the_first(entry):
        real(entry)
        sftp.cut = 1 if files(sftp) and entry["path"].endswith(".csv") else 0

    sftp.log.add = cut_after_the_first
    with pytest.raises(OutcomeUnknown):
        apply(settings, sftp, NEXT)
    sftp.log.add = real
    take_back(settings, NEXT)
    publish_audience(settings, EVERYBODY, NEXT, [*POINTS, ANA])
    counts = apply(settings, sftp, NEXT)
    assert counts["waiting:add"] > 0 and len(acknowledged(settings)) < 100


@on_postgresql
@pytest.mark.parametrize("name", [SYNC, PLANNING])
def test_a_withdrawal_waits_for_a_plan_that_is_being_written(settings, name):
    publish_audience(settings, ["ana"])
    plan_sync(settings, SYNC, D)
    done = threading.Event()

    def void():
        withdraw_plans(settings, D)
        done.set()

    engine, worker = open_ledger(settings), threading.Thread(target=void)
    with writing(engine, name):
        worker.start()
        assert not done.wait(1)
    worker.join(10)
    assert done.is_set()
    engine.dispose()
