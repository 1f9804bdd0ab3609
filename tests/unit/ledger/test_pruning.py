"""Details of the ledger go; what was sent to whom stays, so nothing can leave twice. On both engines."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from include.ledger.batches import ACKNOWLEDGED, PLANNED, VOID
from include.ledger.engine import open_ledger, writing
from include.ledger.history import snapshot
from include.ledger.messages import plan
from include.ledger.models import (
    AudienceBatch,
    AudienceMember,
    AudienceOperation,
    Message,
    MessageTransition,
)
from include.ledger.plans import plan_sync
from include.ledger.pruning import oldest_open, prune_details
from include.ledger.states import CLAIMED, CONFIRMED, REJECTED, UNKNOWN, Run, held, move
from tests.fixtures.published import decision, point, publish
from tests.unit.ledger.audiences import SYNC, acknowledged, apply, files, publish_audience
from tests.unit.ledger.conftest import D, messages
from tests.unit.report.house import Ledger, at

LATER = D + timedelta(days=40)
BEFORE = LATER - timedelta(days=30)
SENT_AT_THE_SECOND_TRY = (
    (D, CLAIMED, None),
    (D, PLANNED, "busy"),
    (D + timedelta(days=1), CLAIMED, None),
    (D + timedelta(days=1), CONFIRMED, None),
)


def count(settings, table):
    engine = open_ledger(settings)
    with engine.connect() as db:
        found = db.scalar(select(func.count()).select_from(table))
    engine.dispose()
    return found


@pytest.fixture
def nights(settings):
    """A message that was sent, one that bounced later, one nobody knows of, one that waits, a recent one."""
    ledger = Ledger(settings)
    ledger.message("sent", D, *SENT_AT_THE_SECOND_TRY)
    ledger.message("bounced", D, (D, CLAIMED, None), (D, UNKNOWN, "no_reply"), (LATER, REJECTED, "bounced"))
    ledger.message("unknown", D, (D, CLAIMED, None), (D, UNKNOWN, "no_reply"))
    ledger.message("waits", D)
    ledger.message("recent", LATER, (LATER, CLAIMED, None), (LATER, CONFIRMED, None))
    ledger.engine.dispose()
    return settings


def steps(settings, key):
    engine = open_ledger(settings)
    with engine.connect() as db:
        mine = select(MessageTransition.to_state).where(MessageTransition.message_key == key)
        found = db.scalars(mine.order_by(MessageTransition.transition_id)).all()
    engine.dispose()
    return found


def test_of_a_message_that_ended_long_ago_the_end_and_the_last_claim_stay(nights):
    assert steps(nights, "sent") == ["planned", "claimed", "planned", "claimed", "confirmed"]
    others = {key: steps(nights, key) for key in ("bounced", "unknown", "waits", "recent")}

    assert prune_details(nights, BEFORE)["message_transitions"] == 3

    assert steps(nights, "sent") == ["claimed", "confirmed"]
    assert {key: steps(nights, key) for key in others} == others
    assert min(map(len, others.values())) == 1
    assert count(nights, Message) == 5


def test_every_night_from_then_on_decides_on_the_same_ledger(nights):
    days = [BEFORE + timedelta(days=n) for n in (0, 1, 29, 30, 31, 60)]
    before = [pq.read_table(snapshot(nights, day) / "messages.parquet") for day in days]
    assert [len(table) for table in before] == [4, 4, 4, 4, 5, 5]
    assert {None} < set(before[0]["sent_at"].to_pylist())

    prune_details(nights, BEFORE)

    after = [pq.read_table(snapshot(nights, day) / "messages.parquet") for day in days]
    assert after == before


def test_done_again_it_finds_nothing_and_a_dry_run_takes_nothing(nights):
    expected = {"message_transitions": 3, "audience_operations": 0, "audience_batches": 0}
    assert prune_details(nights, BEFORE, dry_run=True) == expected
    assert prune_details(nights, BEFORE) == expected
    assert set(prune_details(nights, BEFORE).values()) == {0}


def test_a_message_whose_details_are_gone_is_still_known_and_not_planned_a_second_time(settings):
    people = [point("ana", "ana@example.com"), point("ben", "ben@example.com")]
    decided = [decision(person, D) for person in people]
    publish(settings, D, fct_message_decisions=decided, dim_contact_points=people)
    assert plan(settings, D)["planned"] == 2
    ledger = Ledger(settings)
    with writing(ledger.engine) as db:
        for key in (row["message_key"] for row in decided):
            claimed = move(db, Run(D, at(D)), held(db, key), CLAIMED, why="sent")
            move(db, Run(D, at(D)), claimed, CONFIRMED, why="accepted")
    ledger.engine.dispose()

    assert prune_details(settings, BEFORE)["message_transitions"] == 2

    assert plan(settings, D) == {"planned": 0, "known": 2, "withdrawn": 0, "unreachable": 0}
    assert {row["state"] for row in messages(settings)} == {"confirmed"}


def test_who_was_in_an_old_delivery_goes_and_who_stands_at_the_destination_stays(settings, sftp, audiences):
    publish_audience(settings, ["ana", "ben"])
    apply(settings, sftp)
    publish_audience(settings, ["ana", "cleo"], LATER)
    apply(settings, sftp, LATER)
    assert count(settings, AudienceOperation) == 4

    assert prune_details(settings, BEFORE)["audience_operations"] == 2

    assert (acknowledged(settings), count(settings, AudienceBatch)) == (["ana", "cleo"], 2)
    sent = dict(files(sftp))
    assert len(sent) == 2
    for day in (LATER, D, LATER + timedelta(days=1)):
        publish_audience(settings, ["ana", "cleo"], day)
        apply(settings, sftp, day)
    assert files(sftp) == sent


def test_a_plan_that_was_replaced_goes_whole_and_can_be_made_again(settings, sftp, audiences):
    publish_audience(settings, ["ana", "ben"])
    plan_sync(settings, SYNC, D)
    publish_audience(settings, ["ana"])
    plan_sync(settings, SYNC, D)
    assert sorted(batch_states(settings)) == [PLANNED, VOID]

    gone = prune_details(settings, BEFORE)

    assert (gone["audience_operations"], gone["audience_batches"]) == (2, 1)
    publish_audience(settings, ["ana", "ben"])
    assert apply(settings, sftp)["add"] == 2
    assert acknowledged(settings) == ["ana", "ben"]
    assert batch_states(settings).count(ACKNOWLEDGED) == 1
    assert count(settings, AudienceMember) == 2


def batch_states(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        found = list(db.scalars(select(AudienceBatch.state)))
    engine.dispose()
    return found


def test_the_oldest_message_that_may_have_left_is_known(nights):
    assert oldest_open(nights) == D
