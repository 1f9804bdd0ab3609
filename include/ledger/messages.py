"""Enter the night's decisions into the ledger: each message once for ever."""

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from include.brand import load_brand
from include.clock import Clock
from include.errors import RetryLater
from include.failpoints import failpoint
from include.keyed import HashKeys
from include.ledger.contacts import ContactPoint, read_points
from include.ledger.engine import open_ledger, writing_hashes
from include.ledger.hashes import keys_of
from include.ledger.models import Message
from include.ledger.states import (
    PLANNED,
    SUPPRESSED,
    VERSION_WITHDRAWN,
    Held,
    Run,
    mark_under_way,
    move,
    record,
)
from include.ledger.withdrawn import PLANNING, is_held_back
from include.settings import Settings
from include.warehouse.hashing import hashed_under
from include.warehouse.published import read_mart, require_version

DECISION_COLUMNS = [
    "message_key",
    "journey",
    "step",
    "trigger_id",
    "trigger_record",
    "customer_id",
    "channel",
    "purpose",
    "contact_point_id",
    "due_at",
    "expires_at",
    "decision",
    "business_date",
]
AGAIN = (*(name for name in DECISION_COLUMNS if name not in ("message_key", "decision")), "address_hash")
CHUNK = 500
NO_LONGER_DECIDED = "no_longer_decided"

Decision = dict[str, Any]


def plan(settings: Settings, business_date: date) -> dict[str, int]:
    """Plan every message that the published version of the date decided to send.

    A key that the ledger knows is left as it is, whatever became of it, but for a message that is held back
    since the version that decided it was withdrawn: it is planned again, as decided now. What an earlier run
    of the same date planned, has not been sent, and is decided no more, is suppressed.

    Returns:
        Counts: `planned`, `known`, `withdrawn`, `unreachable` (decided, but without a contact point).

    Raises:
        FixRequest: no version of that date is published.
        RetryLater: another one was published since this began.
    """
    version = require_version(settings, business_date)
    run = Run(business_date, Clock(settings, business_date).now())
    engine = open_ledger(settings)
    decisions, unreachable = _decisions(version, business_date, keys_of(engine))
    with writing_hashes(engine, PLANNING) as db:
        if require_version(settings, business_date) != version:
            raise RetryLater(f"another version of {business_date} was published meanwhile")
        new = _insert(db, run, decisions)
        withdrawn = _withdraw(db, run, {d["message_key"] for d in decisions})
        failpoint("plan_messages.before_commit")
    failpoint("plan_messages.after_commit")
    engine.dispose()
    known = len(decisions) - len(new)
    return {"planned": len(new), "known": known, "withdrawn": withdrawn, "unreachable": unreachable}


def preview(settings: Settings, business_date: date) -> dict[str, int]:
    """What `plan` would find, with nothing entered: `planned`, `known`, `unreachable`.

    Raises:
        FixRequest: no version of that date is published.
    """
    version = require_version(settings, business_date)
    engine = open_ledger(settings)
    decisions, unreachable = _decisions(version, business_date, keys_of(engine))
    keys = {decision["message_key"] for decision in decisions}
    with engine.connect() as db:
        known = keys & set(db.scalars(select(Message.message_key).where(~is_held_back())))
    engine.dispose()
    return {"planned": len(keys - known), "known": len(known), "unreachable": unreachable}


def _decisions(version: Path, business_date: date, keys: HashKeys) -> tuple[list[Decision], int]:
    """Rows for the ledger, by key, and how many of those decided have no contact point."""
    rows = read_mart(version, "fct_message_decisions", DECISION_COLUMNS).to_pylist()
    wanted = [r for r in rows if r["decision"] == "send" and r["business_date"] == business_date]
    points = {p.contact_point_id: p for p in read_points(version, keys)} if wanted else {}
    count, domain = hashed_under(version, keys), load_brand().message_id_domain
    found = [(r, points.get(keys.raised(r["contact_point_id"], count))) for r in wanted]
    rows = [_row(decided, point, domain) for decided, point in found if point is not None]
    return sorted(rows, key=lambda row: str(row["message_key"])), len(wanted) - len(rows)


def _row(decision: Decision, point: ContactPoint, domain: str) -> Decision:
    """A decision as a row of `messages`. The Message-ID follows from the key: stable for ever."""
    return {
        **{name: decision[name] for name in DECISION_COLUMNS if name != "decision"},
        "contact_point_id": point.contact_point_id,
        "address_hash": point.address_hash,
        "message_id": f"{decision['message_key']}@{domain}",
        "state": PLANNED,
        "fence": 0,
        "attempts": 0,
    }


def _insert(db: Connection, run: Run, rows: list[Decision]) -> list[str]:
    """Insert what is not there yet, and plan again what is held back; the keys of both."""
    held_back = set(db.scalars(select(Message.message_key).where(is_held_back())))
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    first = insert(Message)
    again_as = {name: first.excluded[name] for name in AGAIN} | {"reason": None}
    again = first.on_conflict_do_update(index_elements=["message_key"], set_=again_as, where=is_held_back())
    new: list[str] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        new += db.scalars(again.returning(Message.message_key), chunk).all()
        decided = Message.message_key.in_([row["message_key"] for row in chunk])
        mark_under_way(db, None, decided, Message.reason == VERSION_WITHDRAWN)
    why = f"decided on {run.business_date}"
    record(db, run, [key for key in new if key not in held_back], (None, PLANNED), why)
    record(db, run, [key for key in new if key in held_back], (PLANNED, PLANNED), why)
    return new


def _withdraw(db: Connection, run: Run, decided: set[str]) -> int:
    """Suppress what this date planned earlier and decides no more; how many."""
    columns = (Message.message_key, Message.state, Message.fence)
    mine = (Message.business_date == run.business_date, Message.state == PLANNED)
    planned = select(*columns).where(*mine).order_by(Message.message_key).with_for_update()
    gone = [row for row in db.execute(planned).all() if row.message_key not in decided]
    for row in gone:
        move(
            db,
            run,
            Held(row.message_key, row.state, row.fence),
            SUPPRESSED,
            why="a later run of the same date no longer decides to send it",
            reason=NO_LONGER_DECIDED,
            settled_at=run.now,
        )
    return len(gone)
