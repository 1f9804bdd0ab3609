"""Settle what is unknown from the receiver's own word.

Messages by the events it published, by Message-ID. A batch of an audience by what a person learned from it.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Row, func, select

from include.clock import Clock
from include.destinations import destination_of
from include.errors import FixRequest
from include.failpoints import failpoint
from include.ledger import batches, states
from include.ledger.engine import open_ledger, writing
from include.ledger.models import Message
from include.ledger.states import Held, Run, move
from include.settings import Settings
from include.warehouse.published import current, read_mart

BOUNCED = "bounced"
NOT_ACCEPTED = "not_accepted"
BY_A_PERSON = "a person says so"


@dataclass(frozen=True)
class Evidence:
    """What one published version knows: events by Message-ID, and up to which day each channel landed."""

    events: dict[str, set[str]]
    landed: dict[str, date]


def settle(settings: Settings, business_date: date) -> dict[str, int]:
    """Settle unknown messages of this date and earlier.

    Any sign of acceptance confirms, a bounce rejects. Silence counts only once the channel has landed the
    day on which the message must have shown: then it goes back to planned, or is rejected if too late.

    Returns:
        How many became each `state` or `state:reason`, and how many are still `unknown`.
    """
    run = Run(business_date, Clock(settings, business_date).now())
    engine = open_ledger(settings)
    counts: Counter[str] = Counter()
    with writing(engine) as db:
        unknown = _unknown(db, business_date)
        version = current(settings) if unknown else None
        if version is not None:
            evidence = _read(version, {row.message_id for row in unknown})
            for row in unknown:
                counts[_settle(db, settings, run, row, evidence)] += 1
        else:
            counts[states.UNKNOWN] = len(unknown)
        failpoint("settle.before_commit")
    failpoint("settle.after_commit")
    engine.dispose()
    return dict(sorted((+counts).items()))


def settle_batch(settings: Settings, batch: str, has_arrived: bool) -> str:
    """Settle one unknown batch by what its receiver said to a person; what it became, in words.

    One that has arrived is acknowledged as it was sent. One that has not is planned again.

    Args:
        batch: the first 12 or more digits of its id, as in the name of its file.

    Raises:
        FixRequest: there is no such batch, or its outcome is not unknown.
    """
    if not re.fullmatch("[0-9a-f]{12,64}", batch):
        raise FixRequest(f"{batch}: a batch is named by the first 12 or more digits of its id (0-9, a-f)")
    engine = open_ledger(settings)
    with engine.connect() as db:
        found = batches.called(db, batch)
    if len(found) != 1:
        raise FixRequest(f"{batch}: {len(found)} batches are called so")
    (row,) = found
    with writing(engine, row.sync) as db:
        _require_unknown(db, row)
        if has_arrived:
            now = Clock(settings, row.business_date).now()
            counts = batches.acknowledge(db, row, now, reason=BY_A_PERSON)
        else:
            batches.release(db, row, batches.PLANNED, BY_A_PERSON)
    engine.dispose()
    if not has_arrived:
        return f"{row.sync}: {row.reference} is planned again: the sync's next run sends it"
    done = ", ".join(f"{kind} {n:,}" for kind, n in counts.items() if n)
    return f"{row.sync}: {row.reference} has arrived: {done}"


def _require_unknown(db: Connection, row: batches.InFlight) -> None:
    """See that a batch is unknown still, now that its sync is held."""
    if row not in batches.called(db, row.batch_id) or row.state != batches.UNKNOWN:
        raise FixRequest(
            f"{row.batch_id[:12]} of {row.sync} is {row.state}, not unknown: there is nothing to settle. "
            "Run its sync first where it was just being sent"
        )


def _unknown(db: Connection, business_date: date) -> list[Row[Any]]:
    mine = (Message.state == states.UNKNOWN, Message.business_date <= business_date)
    sent_at = func.coalesce(Message.sent_at, Message.claimed_at, type_=Message.sent_at.type).label("left_at")
    found = select(Message.__table__, sent_at).where(*mine).order_by(Message.message_key)
    return list(db.execute(found.with_for_update()).all())


def _settle(db: Connection, settings: Settings, run: Run, row: Row[Any], evidence: Evidence) -> str:
    """Settle one message if the evidence suffices; what it became."""
    became, reason, why = _judge(settings, run, row, evidence)
    if became == states.UNKNOWN:
        return became
    values: dict[str, Any] = {"settled_at": run.now}
    if became == states.PLANNED:
        values = {"sent_at": None, "due_at": max(row.due_at, run.now)}
    elif became == states.CONFIRMED:
        values["sent_at"] = row.left_at
    move(db, run, Held(row.message_key, row.state, row.fence), became, why=why, reason=reason, **values)
    return f"{became}:{reason}" if reason else became


def _judge(settings: Settings, run: Run, row: Row[Any], evidence: Evidence) -> tuple[str, str | None, str]:
    """State, reason and why, for one unknown message."""
    events = evidence.events.get(row.message_id, set())
    if "bounce" in events:
        return states.REJECTED, BOUNCED, "the receiver reports a bounce of this Message-ID"
    if events:
        return states.CONFIRMED, None, f"the receiver reports {', '.join(sorted(events))} of this Message-ID"
    must_have_shown = _shown_by(settings, row.channel, row.left_at)
    landed = evidence.landed.get(row.channel)
    if landed is None or landed < must_have_shown:
        return states.UNKNOWN, None, f"events of {must_have_shown} have not landed"
    silence = (
        f"no event of this Message-ID, though {landed} has landed and it must have shown by {must_have_shown}"
    )
    if row.expires_at is not None and row.expires_at <= run.now:
        return states.REJECTED, NOT_ACCEPTED, f"{silence}; too late to send it again"
    return states.PLANNED, NOT_ACCEPTED, f"{silence}; planned again"


def _shown_by(settings: Settings, channel: str, left_at: datetime) -> date:
    """The business date whose events must name a message that was accepted."""
    hours = destination_of(channel).shown_within_hours
    return (left_at + timedelta(hours=hours)).astimezone(settings.zone).date()


def _read(version: Path, message_ids: set[str]) -> Evidence:
    table: Any = read_mart(version, "fct_message_events", ["message_id", "event_type"])
    wanted = pa.array(sorted(message_ids), pa.string())
    events: dict[str, set[str]] = {}
    for row in table.filter(pc.is_in(table.column("message_id"), value_set=wanted)).to_pylist():
        events.setdefault(row["message_id"], set()).add(row["event_type"])
    fresh = read_mart(version, "rpt_channel_freshness", ["channel", "last_landed_date"]).to_pylist()
    return Evidence(events, {r["channel"]: r["last_landed_date"] for r in fresh if r["last_landed_date"]})
