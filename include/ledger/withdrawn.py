"""What was planned on a published version that has been withdrawn: it counts no more, and none of it leaves.

What has left stays as it is: a message that was sent, and what a destination has acknowledged. A message that
is still planned, or that comes back from under way, is held back until a run decides it again, as if it had
not been planned.
"""

from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, select, update

from include.clock import Clock
from include.failpoints import failpoint
from include.ledger.engine import hold, open_ledger, writing
from include.ledger.models import AudienceBatch, AudiencePlan, Message
from include.ledger.states import PLANNED, UNDER_WAY, VERSION_WITHDRAWN, Held, Run, mark_under_way, move
from include.settings import Settings

PLANNING = "plan messages"  # the lock under which messages are planned and held back
_OPEN = ("planned", "waiting")


def withdraw_plans(settings: Settings, business_date: date) -> dict[str, int]:
    """Let nothing leave any more, and nothing count, that was planned for a date on a withdrawn version.

    Plans of audiences no longer stand in the way of earlier dates, and an approval is asked for again.

    Returns:
        How many `plans` and `batches` of audiences are void, and `messages` held back, by this call.
    """
    run = Run(business_date, Clock(settings, business_date).now())
    engine = open_ledger(settings)
    with writing(engine) as db:
        _wait_for_plans(db)
        plans = _void_plans(db, run)
        batches = _void_batches(db, run)
        messages = _hold_back(db, run)
        failpoint("withdraw.before_commit")
    failpoint("withdraw.after_commit")
    engine.dispose()
    return {"plans": plans, "batches": batches, "messages": messages}


def is_held_back() -> ColumnElement[bool]:
    """Of a message: it waits for a run that decides it again."""
    return and_(Message.state == PLANNED, Message.reason.is_not_distinct_from(VERSION_WITHDRAWN))


def may_leave() -> ColumnElement[bool]:
    """Of a planned message: it is not held back."""
    return Message.reason.is_distinct_from(VERSION_WITHDRAWN)


def _wait_for_plans(db: Connection) -> None:
    """Wait for the plans that are under way: what is planned later finds the version gone."""
    syncs = db.scalars(select(AudiencePlan.sync).distinct().order_by(AudiencePlan.sync)).all()
    for name in (*syncs, PLANNING):
        hold(db, name)


def _void_plans(db: Connection, run: Run) -> int:
    mine = (AudiencePlan.business_date == run.business_date, AudiencePlan.withdrawn_at.is_(None))
    return db.execute(update(AudiencePlan).where(*mine).values(withdrawn_at=run.now)).rowcount


def _void_batches(db: Connection, run: Run) -> int:
    """Batches that were not sent. What is in flight is settled by the next delivery, as ever."""
    mine = (AudienceBatch.business_date == run.business_date, AudienceBatch.state.in_(_OPEN))
    values = {"state": "void", "reason": VERSION_WITHDRAWN}
    return db.execute(update(AudienceBatch).where(*mine).values(**values)).rowcount


def _hold_back(db: Connection, run: Run) -> int:
    """Hold back what is planned, and mark what is under way: if it comes back, it is held back too."""
    columns = (Message.message_key, Message.state, Message.fence)
    mine = (Message.business_date == run.business_date, Message.state.in_((PLANNED, *UNDER_WAY)), may_leave())
    rows = db.execute(select(*columns).where(*mine).order_by(Message.message_key).with_for_update()).all()
    planned = [row for row in rows if row.state == PLANNED]
    why = "the version that decided it was withdrawn; it waits until a run decides it again"
    for row in planned:
        held = Held(row.message_key, row.state, row.fence)
        move(db, run, held, PLANNED, why=why, reason=VERSION_WITHDRAWN)
    mark_under_way(db, VERSION_WITHDRAWN, *mine)
    return len(planned)
