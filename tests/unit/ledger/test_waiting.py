"""What waits for a person goes when it is approved, and only then; consent does not wait."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from include.errors import FixPayload, OutcomeUnknown
from include.ledger import approvals
from include.ledger.engine import open_ledger
from include.ledger.models import AudiencePlan
from include.ledger.plans import plan_sync, preview_sync
from tests.fixtures.published import freshness, point
from tests.unit.ledger.audiences import (
    SYNC,
    acknowledged,
    apply,
    files,
    limit_members,
    publish_audience,
    rows_of,
)
from tests.unit.ledger.conftest import D, everything

NEXT = D + timedelta(days=1)
THIRD = D + timedelta(days=2)
EVERYBODY = [f"c{n:03}" for n in range(100)]
STAYING = EVERYBODY[:40]
pytestmark = pytest.mark.usefixtures("audiences")
AT = datetime(2026, 3, 17, 9, 30, tzinfo=UTC)


def answer(settings, given=approvals.APPROVED, business_date=NEXT):
    (asked,) = approvals.open_questions(settings, business_date)
    approvals.answer(settings, SYNC, business_date, asked.question, given, "ana", AT)


@pytest.fixture
def collapsed(settings, sftp):
    """A hundred members acknowledged; the next night, sixty are in the audience no more, one withdrew."""
    publish_audience(settings, EVERYBODY)
    apply(settings, sftp)
    points = [point(c, f"{c}@example.com", has_marketing_consent=c != "c099") for c in EVERYBODY]
    publish_audience(settings, STAYING, NEXT, points)
    return settings


def test_a_collapse_waits_and_the_withdrawn_consent_inside_it_does_not(collapsed, sftp):
    counts = apply(collapsed, sftp, NEXT)
    assert counts["waiting:remove"] == 59 and counts["remove"] == 1
    assert acknowledged(collapsed) == EVERYBODY[:99]
    last = sorted(files(sftp).items())[-1][1]
    assert [(row["operation"], row["customer_id"]) for row in rows_of(last)] == [("remove", "c099")]


def test_who_is_told_of_otherwise_does_not_wait_either(collapsed, sftp):
    points = [point(c, f"{c}{'.new' if c == 'c001' else ''}@example.com") for c in EVERYBODY]
    publish_audience(collapsed, STAYING, NEXT, points)
    counts = apply(collapsed, sftp, NEXT)
    assert (counts["update"], counts["waiting:remove"]) == (1, 60)


def test_a_first_filling_whose_answer_was_lost_is_said_again_unasked(settings, sftp, monkeypatch):
    monkeypatch.setattr("include.senders.sftp_file.arrived", lambda *_: None)  # as where nobody can tell
    publish_audience(settings, EVERYBODY)
    sftp.cut = 1
    with pytest.raises(OutcomeUnknown):
        apply(settings, sftp)
    counts = apply(settings, sftp)
    assert counts["add"] == 100 and not any(name.startswith("waiting") for name in counts)
    assert acknowledged(settings) == EVERYBODY


def test_a_preview_tells_what_would_wait_and_writes_nothing(collapsed):
    before = everything(collapsed)
    counts = preview_sync(collapsed, SYNC, NEXT)
    assert counts["waiting:remove"] == 59 and counts["remove"] == 1
    assert everything(collapsed) == before


def test_a_question_that_has_changed_is_answered_for_all_that_it_asks(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    points = [point(c, f"{c}@example.com") for c in EVERYBODY]
    for names in (STAYING[:30], STAYING):
        publish_audience(collapsed, names, NEXT, points)
        apply(collapsed, sftp, NEXT)
    answer(collapsed)
    assert "waiting:remove" not in apply(collapsed, sftp, NEXT)
    assert acknowledged(collapsed) == STAYING


def test_the_question_says_what_is_odd_and_names_nobody(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    (asked,) = approvals.open_questions(collapsed, NEXT)
    assert asked.subject == f"{SYNC}: remove 59. Send it?"
    assert "59 would leave of 100 (59%; 20% pass unasked)" in asked.body
    assert "c0" not in asked.body and "@" not in asked.body


def test_what_is_approved_goes_and_nobody_is_asked_again(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed)
    counts = apply(collapsed, sftp, NEXT)
    assert counts["remove"] == 59 and "waiting:remove" not in counts
    assert acknowledged(collapsed) == STAYING
    assert approvals.open_questions(collapsed, NEXT) == []
    assert apply(collapsed, sftp, NEXT)["batches"] == 0


def test_what_is_rejected_or_not_answered_stays_where_it_is(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed, approvals.REJECTED)
    apply(collapsed, sftp, NEXT)
    assert len(acknowledged(collapsed)) == 99
    assert approvals.open_questions(collapsed, NEXT) == []


def test_what_was_rejected_by_mistake_can_be_asked_again_and_approved(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed, approvals.REJECTED)
    (asked,) = approvals.open_questions(collapsed, NEXT, ask_again=True)
    assert asked.sync == SYNC
    approvals.answer(collapsed, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", AT)
    assert approvals.open_questions(collapsed, NEXT, ask_again=True) == []
    apply(collapsed, sftp, NEXT)
    assert acknowledged(collapsed) == STAYING


def test_the_next_good_night_heals_without_a_person(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    publish_audience(collapsed, EVERYBODY[:98], THIRD)
    counts = apply(collapsed, sftp, THIRD)
    assert not any(name.startswith("waiting") for name in counts)
    assert acknowledged(collapsed) == EVERYBODY[:98]


def test_an_answer_that_comes_after_a_newer_plan_sends_nothing(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    (asked,) = approvals.open_questions(collapsed, NEXT)
    publish_audience(collapsed, STAYING, THIRD)
    plan_sync(collapsed, SYNC, THIRD)
    with pytest.raises(FixPayload, match="overtaken by a newer plan"):
        approvals.answer(collapsed, SYNC, NEXT, asked.question, approvals.APPROVED, "ana", AT)
    assert len(acknowledged(collapsed)) == 99


def test_a_night_that_plans_between_the_yes_and_its_delivery_is_told_of(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed)
    approvals.refuse_overtaken(collapsed, SYNC, NEXT)
    publish_audience(collapsed, STAYING, THIRD)
    plan_sync(collapsed, SYNC, THIRD)
    assert apply(collapsed, sftp, NEXT)["batches"] == 0
    with pytest.raises(FixPayload, match="overtaken by a newer plan"):
        approvals.refuse_overtaken(collapsed, SYNC, NEXT)


def test_an_approval_is_for_what_was_asked_and_for_nothing_more(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed)
    publish_audience(collapsed, STAYING[:30], NEXT, [point(c, f"{c}@example.com") for c in EVERYBODY])
    counts = apply(collapsed, sftp, NEXT)
    assert counts["waiting:remove"] == 69
    assert len(acknowledged(collapsed)) == 99


def test_what_is_left_of_an_approved_change_after_a_crash_is_approved_still(collapsed, sftp, monkeypatch):
    limit_members(monkeypatch, 25)
    apply(collapsed, sftp, NEXT)
    answer(collapsed)
    real, before = sftp.log.add, len(files(sftp))

    def cut_at_the_second(entry):
        real(entry)
        sftp.cut = 1 if len(files(sftp)) == before + 2 and entry["path"].endswith(".csv") else 0

    sftp.log.add = cut_at_the_second
    with pytest.raises(OutcomeUnknown):
        apply(collapsed, sftp, NEXT)
    assert 40 < len(acknowledged(collapsed)) < 99
    sftp.log.add = real
    assert "waiting:remove" not in apply(collapsed, sftp, NEXT)
    assert acknowledged(collapsed) == STAYING
    assert approvals.open_questions(collapsed, NEXT) == []


def test_who_answered_what_stands_in_the_ledger(collapsed, sftp):
    apply(collapsed, sftp, NEXT)
    answer(collapsed)
    engine = open_ledger(collapsed)
    with engine.connect() as db:
        plan = db.execute(select(AudiencePlan.__table__).where(AudiencePlan.business_date == NEXT)).one()
    engine.dispose()
    assert (plan.answer, plan.answered_by, plan.answered_at) == ("approved", "ana", AT)
    assert plan.concerns.keys() == {"shrink"} and plan.waiting == {"remove": 59}


def test_a_stale_source_holds_the_change_back(settings, sftp):
    publish_audience(settings, EVERYBODY)
    apply(settings, sftp)
    stale = freshness(D) | {"channel": "shop", "days_stale": 1}
    points = [point(c, f"{c}@example.com") for c in EVERYBODY]
    publish_audience(settings, EVERYBODY[:99], NEXT, points, rpt_channel_freshness=[stale])
    assert apply(settings, sftp, NEXT)["waiting:remove"] == 1
