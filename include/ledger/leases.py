"""Claims of processes that died: waited for no longer than their lease, then `unknown`."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from include.failpoints import failpoint
from include.ledger.engine import writing
from include.ledger.models import Message
from include.ledger.states import CLAIMED, UNKNOWN, ClaimLost, Held, Run, move

POLL_SECONDS = 0.2
WHY = "its sender's lease ran out: it may or may not have left"


def mark_expired(engine: Engine, run: Run, given_up: frozenset[tuple[str, int]] = frozenset()) -> int:
    """Make claims whose lease has run out `unknown`; how many.

    Args:
        given_up: claims (key, fence) that were waited for a whole lease, whatever their date says: a
            wall clock that was set back must not keep them for ever.
    """
    now = datetime.now(UTC)
    with writing(engine) as db:
        stale = [
            Held(row.message_key, row.state, row.fence)
            for row in _claimed(db)
            if row.lease_until is None or row.lease_until <= now or (row.message_key, row.fence) in given_up
        ]
        done = sum(_give_up(db, run, held) for held in stale)
        failpoint("dispatch.before_unknown")
    failpoint("dispatch.after_unknown")
    return done


def wait_for_others(engine: Engine, run: Run, lease: float) -> int:
    """Wait until the claims held now are resolved or their lease has run out; how many became unknown."""
    deadline = time.monotonic() + lease
    waited_for = _held_now(engine)
    done = mark_expired(engine, run)
    while (left := waited_for & _held_now(engine)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        done += mark_expired(engine, run)
    return done + (mark_expired(engine, run, left) if left else 0)


def _held_now(engine: Engine) -> frozenset[tuple[str, int]]:
    with engine.connect() as db:
        return frozenset((row.message_key, row.fence) for row in _claimed(db))


def _claimed(db: Connection) -> Sequence[Any]:
    columns = (Message.message_key, Message.state, Message.fence, Message.lease_until)
    found = db.execute(select(*columns).where(Message.state == CLAIMED).order_by(Message.message_key))
    return found.all()


def _give_up(db: Connection, run: Run, held: Held) -> int:
    try:
        move(db, run, held, UNKNOWN, why=WHY, reason="lease_expired")
    except ClaimLost:
        return 0
    return 1
