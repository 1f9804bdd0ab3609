"""A message changes state in one place, along legal ways only, under the fence of its claim."""

import re
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import select, update

from include.ledger import states
from include.ledger.engine import open_ledger, writing
from include.ledger.messages import plan
from include.ledger.models import Message, MessageTransition
from include.ledger.states import LEGAL, TERMINAL, ClaimLost, Held, IllegalTransition, Run, held, move
from include.settings import ROOT
from tests.fixtures.published import decision, point, publish
from tests.unit.ledger.conftest import D

ANA = point("ana", "ana@example.com")
KEY = decision(ANA, D)["message_key"]
RUN = Run(D, datetime(2026, 3, 16, 9, tzinfo=UTC))
STATES = [state for state in LEGAL if state]
ILLEGAL = [(before, after) for before, after in product(STATES, STATES) if after not in LEGAL[before]]


@pytest.fixture
def ledger(settings):
    publish(settings, D, dim_contact_points=[ANA], fct_message_decisions=[decision(ANA, D)])
    plan(settings, D)
    engine = open_ledger(settings)
    yield engine
    engine.dispose()


def put(ledger, state):
    with writing(ledger) as db:
        db.execute(update(Message).values(state=state))
        return held(db, KEY)


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_an_illegal_change_is_refused(ledger, before, after):
    was = put(ledger, before)
    with pytest.raises(IllegalTransition, match=f"{before} may not become {after}"), writing(ledger) as db:
        move(db, RUN, was, after, why="a test")
    with ledger.connect() as db:
        assert held(db, KEY) == was


def test_ends_stay_ends():
    assert {"confirmed", "rejected", "suppressed", "expired"} == TERMINAL
    assert len(ILLEGAL) > 30


def test_every_change_is_written_down_with_its_reason(ledger):
    with writing(ledger) as db:
        claimed = move(db, RUN, held(db, KEY), states.CLAIMED, why="checked")
        move(db, RUN, claimed, states.REJECTED, why="550 no such user", reason="smtp_550")
    with ledger.connect() as db:
        lines = db.execute(select(MessageTransition).order_by(MessageTransition.transition_id)).all()
    told = [(line.from_state, line.to_state, line.reason, line.fence, line.run_date) for line in lines]
    assert told == [
        (None, "planned", None, 0, D),
        ("planned", "claimed", None, 1, D),
        ("claimed", "rejected", "smtp_550", 1, D),
    ]
    assert lines[2].why == "550 no such user" and lines[2].at == RUN.now


def test_whoever_holds_an_older_fence_writes_nothing(ledger):
    """A process stopped past its lease wakes up after another has taken over."""
    with writing(ledger) as db:
        zombie = move(db, RUN, held(db, KEY), states.CLAIMED, why="checked")
    with writing(ledger) as db:
        unknown = move(db, RUN, zombie, states.UNKNOWN, why="lease ran out")
        planned = move(db, RUN, unknown, states.PLANNED, why="never arrived")
        second = move(db, RUN, planned, states.CLAIMED, why="checked")
    for wish in (states.CONFIRMED, states.REJECTED, states.UNKNOWN, states.PLANNED):
        with pytest.raises(ClaimLost), writing(ledger) as db:
            move(db, RUN, zombie, wish, why="woke up")
    with ledger.connect() as db:
        assert held(db, KEY) == second == Held(KEY, "claimed", 2)


def test_no_other_module_changes_a_state():
    writers = re.compile(r"update\(\s*Message\b")
    found = [p.name for p in (ROOT / "include").rglob("*.py") if writers.search(p.read_text())]
    assert found == ["states.py"]


def test_naive_times_are_refused(ledger):
    with pytest.raises(Exception, match="aware datetimes only"), writing(ledger) as db:
        db.execute(update(Message).values(sent_at=datetime(2026, 3, 16)))  # noqa: DTZ001
