"""Messages that were planned on a version that has been withdrawn: none of them leaves, and none is lost."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from include.errors import FixRequest
from include.ledger import messages as planning
from include.ledger.engine import open_ledger, writing
from include.ledger.history import snapshot
from include.ledger.messages import plan, preview
from include.ledger.models import MessageTransition
from include.ledger.states import CLAIMED, PLANNED, UNKNOWN, Held, Run, move
from include.report.messages import fates
from include.warehouse.published import version_for
from include.warehouse.withdraw import withdraw
from tests.fixtures.receivers import twice
from tests.unit.ledger.conftest import D, messages, states
from tests.unit.ledger.test_dispatch import ANA, BEN, CYD, publish_welcomes, send
from tests.unit.ledger.test_withdrawn import AT, FUTURE, NEXT, THIRD, take_back

pytestmark = pytest.mark.usefixtures("audiences")


def decided_on(settings, day):
    """Customers with a message of an earlier date, as the decisions of a night see them."""
    return sorted(pq.read_table(snapshot(settings, day) / "messages.parquet")["customer_id"].to_pylist())


def test_a_message_that_has_left_stays_sent_and_is_never_sent_again(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=FUTURE)
    plan(settings, FUTURE)
    assert send(settings, smtp, FUTURE) == {"confirmed": 1}

    take_back(settings, FUTURE)

    publish_welcomes(settings, ANA, business_date=NEXT)
    assert plan(settings, NEXT)["known"] == 1
    assert send(settings, smtp, NEXT) == {}
    assert states(settings) == {"ana": "confirmed"} and len(smtp.ids) == 1


def test_a_message_that_had_not_left_waits_and_leaves_once_when_a_night_decides_it(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, BEN, business_date=FUTURE)
    plan(settings, FUTURE)

    take_back(settings, FUTURE)

    assert states(settings) == dict.fromkeys(("ana", "ben"), "planned:version_withdrawn")
    publish_welcomes(settings, ANA, business_date=NEXT)
    assert preview(settings, NEXT) == {"planned": 1, "known": 0, "unreachable": 0}
    assert plan(settings, NEXT)["planned"] == 1
    assert send(settings, smtp, NEXT) == {"confirmed": 1}
    publish_welcomes(settings, CYD, business_date=FUTURE + timedelta(days=1))
    assert send(settings, smtp, FUTURE + timedelta(days=1)) == {}, "nobody has decided ben's since"
    assert states(settings) == {"ana": "confirmed", "ben": "planned:version_withdrawn"}
    assert [row["business_date"] for row in messages(settings) if row["customer_id"] == "ana"] == [NEXT]
    assert twice(smtp.ids) == []


def claim_one(settings):
    """The one message, claimed by a sender that is at work."""
    engine = open_ledger(settings)
    (row,) = messages(settings)
    with writing(engine) as db:
        held = move(
            db, Run(FUTURE, AT), Held(row["message_key"], row["state"], row["fence"]), CLAIMED, why="claimed"
        )
    engine.dispose()
    return held


def come_back(settings, held, *ways):
    """A sender writes what became of its claim, or a later run settles it."""
    engine = open_ledger(settings)
    for to, reason in ways:
        with writing(engine) as db:
            held = move(db, Run(FUTURE, AT), held, to, why="back", reason=reason)
    engine.dispose()


WAYS = {
    "the relay was not there": [(PLANNED, "unreachable")],
    "it never arrived": [(UNKNOWN, "no_reply"), (PLANNED, "not_accepted")],
}


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
def test_a_message_under_way_that_comes_back_is_held_back_until_it_is_decided_again(settings, smtp, ways):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=FUTURE)
    plan(settings, FUTURE)
    held = claim_one(settings)
    take_back(settings, FUTURE)
    come_back(settings, held, *ways)
    assert states(settings) == {"ana": "planned:version_withdrawn"}
    assert decided_on(settings, FUTURE + timedelta(days=1)) == []
    publish_welcomes(settings, CYD, business_date=FUTURE)
    assert send(settings, smtp, FUTURE) == {}, "nothing of a withdrawn version leaves"
    publish_welcomes(settings, ANA, business_date=FUTURE)
    assert plan(settings, FUTURE)["planned"] == 1
    assert send(settings, smtp, FUTURE) == {"confirmed": 1}


def test_a_message_under_way_that_was_decided_again_before_it_came_back_leaves(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=FUTURE)
    plan(settings, FUTURE)
    held = claim_one(settings)
    take_back(settings, FUTURE)
    publish_welcomes(settings, ANA, CYD, business_date=FUTURE)
    assert plan(settings, FUTURE)["known"] == 1
    come_back(settings, held, (PLANNED, "unreachable"))
    assert send(settings, smtp, FUTURE)["confirmed"] == 2


def test_a_version_that_was_superseded_is_withdrawn_without_what_its_successor_planned(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=NEXT)
    wrong = version_for(settings, NEXT).name
    publish_welcomes(settings, ANA, BEN, business_date=NEXT)
    plan(settings, NEXT)

    done = withdraw(settings, wrong)

    assert done.void == {"plans": 0, "batches": 0, "messages": 0}
    assert states(settings) == dict.fromkeys(("ana", "ben"), "planned")
    assert send(settings, smtp, NEXT) == {"confirmed": 2}


def test_the_next_night_may_decide_what_the_withdrawn_one_had_only_planned(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, BEN, business_date=NEXT)
    plan(settings, NEXT)
    assert decided_on(settings, THIRD) == ["ana", "ben"]
    take_back(settings, NEXT)
    assert decided_on(settings, THIRD) == []
    publish_welcomes(settings, ANA, business_date=THIRD)
    plan(settings, THIRD)
    assert decided_on(settings, THIRD) == [], "a rerun decides on what its first run decided on"
    assert decided_on(settings, THIRD + timedelta(days=1)) == ["ana"]


def test_the_corrected_date_plans_what_it_decides_and_suppresses_the_rest(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, BEN, business_date=NEXT)
    plan(settings, NEXT)
    take_back(settings, NEXT)
    publish_welcomes(settings, ANA, business_date=NEXT)
    assert plan(settings, NEXT) == {"planned": 1, "known": 0, "withdrawn": 1, "unreachable": 0}
    assert send(settings, smtp, NEXT) == {"confirmed": 1}
    assert states(settings) == {"ana": "confirmed", "ben": "suppressed:no_longer_decided"}


def test_planning_that_began_before_the_withdrawal_enters_nothing(settings, monkeypatch):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=NEXT)
    real = planning._decisions

    def withdrawn_meanwhile(*arguments):
        found = real(*arguments)
        take_back(settings, NEXT)
        return found

    monkeypatch.setattr(planning, "_decisions", withdrawn_meanwhile)
    with pytest.raises(FixRequest):
        plan(settings, NEXT)
    assert messages(settings) == []


def test_every_change_of_a_held_back_message_says_why(settings):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, business_date=FUTURE)
    plan(settings, FUTURE)
    take_back(settings, FUTURE)
    publish_welcomes(settings, ANA, business_date=NEXT)
    plan(settings, NEXT)
    engine = open_ledger(settings)
    with engine.connect() as db:
        lines = db.execute(select(MessageTransition.from_state, MessageTransition.why)).all()
    engine.dispose()
    assert [tuple(line) for line in lines] == [
        (None, "decided on 2026-03-22"),
        ("planned", "the version that decided it was withdrawn; it waits until a run decides it again"),
        ("planned", "decided on 2026-03-16"),
    ]


def test_the_report_counts_a_message_on_the_date_that_sent_it_and_on_no_other(settings, smtp):
    publish_welcomes(settings, CYD)
    publish_welcomes(settings, ANA, BEN, business_date=FUTURE)
    plan(settings, FUTURE)
    take_back(settings, FUTURE)
    publish_welcomes(settings, ANA, business_date=NEXT)
    plan(settings, NEXT)
    send(settings, smtp, NEXT)
    with open_ledger(settings).connect() as db:
        left = {day: [fate.state for fate in fates(db.engine, day)] for day in (D, NEXT, FUTURE)}
    assert left == {D: [], NEXT: ["confirmed"], FUTURE: ["put_back"]}
