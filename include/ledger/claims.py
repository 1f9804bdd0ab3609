"""Claim one message at a time: everything is checked again, and committed, before a socket opens."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from include.clock import Clock
from include.destinations import Destination
from include.failpoints import failpoint
from include.ledger import rules, states
from include.ledger.contacts import ContactPoint, Contacts
from include.ledger.engine import hold, writing_hashes
from include.ledger.letters import Claim
from include.ledger.models import Message
from include.ledger.rules import Refusal
from include.ledger.states import Held, Run
from include.ledger.withdrawn import may_leave
from include.policies import load_policies

MAY_HAVE_LEFT = (states.CLAIMED, states.CONFIRMED, states.UNKNOWN)


@dataclass(frozen=True)
class Queue:
    """Where claims come from. `lease` in seconds; `last_due` bounds how late a message may be due."""

    engine: Engine
    destination: Destination
    contacts: Contacts
    business_date: date
    clock: Clock
    last_due: datetime
    lease: float

    @property
    def run(self) -> Run:
        """The run as of now."""
        return Run(self.business_date, self.clock.now())

    @property
    def horizon(self) -> datetime:
        """On a wall clock, now; in the sandbox, time moves on to what is due until the next night."""
        return self.clock.now() if self.clock.is_wall else self.last_due


def next_claim(queue: Queue) -> Claim | Refusal | None:
    """Claim the next due message, or refuse it. None when nothing is due.

    A refusal is already written: suppressed, expired, or put back until a later time.

    Raises:
        FixDeclaration: the contact policies are wrong; nothing is claimed.
        RetryLater: a key for hashes of addresses was added meanwhile; nothing is claimed.
    """
    with writing_hashes(queue.engine) as db:
        row = _next_due(db, queue)
        result = None if row is None else _decide(db, queue, row)
        failpoint("dispatch.before_claim")
    failpoint("dispatch.after_claim")
    return result


def _next_due(db: Connection, queue: Queue) -> Row[Any] | None:
    """The first due message, locked. PostgreSQL passes over those that others are deciding on.

    When only such are left it waits for them: one may be put back, or its process die.
    """
    due = (
        select(Message.__table__)
        .where(
            Message.state == states.PLANNED,
            Message.channel == queue.destination.channel,
            Message.due_at <= queue.horizon,
            Message.business_date <= queue.business_date,
            may_leave(),
        )
        .order_by(Message.due_at, Message.message_key)
        .limit(1)
    )
    free = db.execute(due.with_for_update(skip_locked=True)).one_or_none()
    return free or db.execute(due.with_for_update()).one_or_none()


def _decide(db: Connection, queue: Queue, row: Row[Any]) -> Claim | Refusal:
    """Recheck one planned message and write what follows."""
    queue.clock.advance_to(row.due_at)
    hold(db, row.address_hash)  # one claim per address at a time, so that two cannot pass the cap together
    if not queue.contacts.knows(row.address_hash):
        queue.contacts.want(_planned_addresses(db, queue))
    point = queue.contacts.find(row.channel, row.address_hash, row.contact_point_id)
    refusal = _refuse(db, queue, row, point)
    if refusal is not None:
        _write_refusal(db, queue.run, row, refusal)
        return refusal
    assert point is not None
    return _write_claim(db, queue, row, point)


def _planned_addresses(db: Connection, queue: Queue) -> set[str]:
    """Hashes of all addresses that wait, so that contact points are read once for all of them."""
    mine = (Message.state == states.PLANNED, Message.channel == queue.destination.channel)
    return set(db.scalars(select(Message.address_hash).where(*mine).distinct()))


def _refuse(db: Connection, queue: Queue, row: Row[Any], point: ContactPoint | None) -> Refusal | None:
    """The first reason not to send now, in the order of the rules."""
    now, limits = queue.clock.now(), queue.destination.limits
    return (
        rules.refuse_expired(row.expires_at, now)
        or rules.refuse_contact(point, row.purpose)
        or _refuse_frequent(db, row, now)
        or rules.refuse_quiet(point.time_zone if point else None, limits.quiet_hours, now)
    )


def _refuse_frequent(db: Connection, row: Row[Any], now: datetime) -> Refusal | None:
    """What an address got lately, from any sender and whatever became of it; only marketing counts."""
    if row.purpose != "marketing":
        return None
    policies = load_policies()  # the numbers that the decision went by
    count = db.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.address_hash == row.address_hash,
            Message.purpose == "marketing",
            Message.state.in_(MAY_HAVE_LEFT),
            func.coalesce(Message.sent_at, Message.claimed_at) > now - timedelta(days=policies.cap_days),
        )
    )
    if (count or 0) < policies.cap_messages:
        return None
    return Refusal(rules.FREQUENCY_CAP, f"{count} messages to this address within {policies.cap_days} days")


def _write_refusal(db: Connection, run: Run, row: Row[Any], refusal: Refusal) -> None:
    now = Held(row.message_key, row.state, row.fence)
    if refusal.until is not None:
        states.move(
            db, run, now, states.PLANNED, why=refusal.why, reason=refusal.reason, due_at=refusal.until
        )
        return
    end = states.EXPIRED if refusal.reason == rules.IS_EXPIRED else states.SUPPRESSED
    states.move(db, run, now, end, why=refusal.why, reason=refusal.reason, settled_at=run.now)


def _write_claim(db: Connection, queue: Queue, row: Row[Any], point: ContactPoint) -> Claim:
    until = time.monotonic() + queue.lease
    taken = states.move(
        db,
        queue.run,
        Held(row.message_key, row.state, row.fence),
        states.CLAIMED,
        why="consent, suppression, cap, expiry and quiet hours checked",
        claimed_at=queue.clock.now(),
        lease_until=datetime.now(UTC) + timedelta(seconds=queue.lease),
    )
    return Claim(
        message_key=row.message_key,
        fence=taken.fence,
        message_id=row.message_id,
        journey=row.journey,
        step=row.step,
        purpose=row.purpose,
        address_hash=row.address_hash,
        attempts=row.attempts,
        point=point,
        lease_until=until,
    )
