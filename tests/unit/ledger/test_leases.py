"""A claim is held for its lease and no longer, whatever the wall clock says."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from include.errors import FixDeclaration
from include.ledger.dispatch import dispatch
from include.ledger.engine import open_ledger, writing
from include.ledger.messages import plan
from include.ledger.models import Message
from include.ledger.states import CLAIMED, Run, held, move
from tests.fixtures.published import decision, point, publish
from tests.unit.ledger.conftest import D, states

ANA, BEN = (point(name, f"{name}@example.com") for name in ("ana", "ben"))
KEY = decision(ANA, D)["message_key"]
RUN = Run(D, datetime(2026, 3, 16, 9, tzinfo=UTC))


@pytest.fixture
def brief(settings):
    """Settings with a short lease, and two planned messages."""
    publish(
        settings, D, dim_contact_points=[ANA, BEN], fct_message_decisions=[decision(p, D) for p in (ANA, BEN)]
    )
    plan(settings, D)
    return settings.model_copy(update={"lease": 1.5, "client_timeout": 0.8})


def claim(settings, lease_until):
    """Another process claims Ana's message."""
    engine = open_ledger(settings)
    with writing(engine) as db:
        move(db, RUN, held(db, KEY), CLAIMED, why="checked", lease_until=lease_until, claimed_at=RUN.now)
    engine.dispose()


def send(settings, smtp):
    return dispatch(settings, D, {"smtp_relay": smtp.connection()})


def test_a_claim_whose_lease_ran_out_becomes_unknown_and_the_others_go_on(brief, smtp):
    claim(brief, datetime.now(UTC) - timedelta(seconds=1))
    assert send(brief, smtp) == {"confirmed": 1, "unknown:lease_expired": 1}
    assert [line["recipient"] for line in smtp.log.lines()] == ["ben@example.com"]


def test_a_live_claim_is_waited_for_and_no_longer_than_it_lasts(brief, smtp):
    claim(brief, datetime.now(UTC) + timedelta(seconds=0.7))
    begun = time.monotonic()
    assert send(brief, smtp) == {"confirmed": 1, "unknown:lease_expired": 1}
    assert 0.3 < time.monotonic() - begun < 10


@pytest.mark.parametrize("hours", [26, -26])
def test_a_wall_clock_that_jumped_neither_keeps_a_claim_for_ever_nor_sends_twice(brief, smtp, hours):
    claim(brief, datetime.now(UTC) + timedelta(hours=hours))
    assert send(brief, smtp) == {"confirmed": 1, "unknown:lease_expired": 1}
    assert states(brief) == {"ana": "unknown:lease_expired", "ben": "confirmed"}
    assert len(smtp.ids) == 1


def test_whoever_lost_its_claim_while_sending_writes_nothing(brief, smtp):
    """The process is stopped within the exchange; another gives its claim up; it wakes and is refused."""

    def take_over(_number):
        engine = open_ledger(brief)
        with writing(engine) as db:
            db.execute(update(Message).where(Message.state == CLAIMED).values(state="unknown"))
        engine.dispose()
        return "accept"

    smtp.behave = take_over
    assert send(brief, smtp) == {"lost": 2}
    assert states(brief) == {"ana": "unknown", "ben": "unknown"}
    assert len(set(smtp.ids)) == 2


def test_a_claim_must_outlast_the_wait_for_an_answer(brief, smtp):
    with pytest.raises(FixDeclaration, match="OMNI_LEASE"):
        send(brief.model_copy(update={"lease": 0.8}), smtp)
