"""What of the ledger may go in time: the details of what has ended, never what was sent to whom.

Rows of `messages`, their keys, the counts of batches, and who stands at a destination stay for ever: by
these nothing leaves twice. A snapshot of any date after `before` is the same with and without the details.
"""

from datetime import date

from sqlalchemy import Connection, Delete, Select, and_, case, delete, func, or_, select

from include.failpoints import failpoint
from include.ledger.batches import ACKNOWLEDGED, VOID
from include.ledger.engine import open_ledger, writing
from include.ledger.models import AudienceBatch, AudienceMember, AudienceOperation, Message, MessageTransition
from include.ledger.states import CLAIMED, TERMINAL, UNDER_WAY
from include.settings import Settings


def prune_details(settings: Settings, before: date, dry_run: bool = False) -> dict[str, int]:
    """Delete details older than the business date `before`, all in one transaction; rows by table.

    Of a message that has ended: how it came there; its last change, and when it left, stay. Of a batch that
    was acknowledged: who was in it. Of a batch that was replaced before anything of it was sent: all.
    """
    engine = open_ledger(settings)
    with writing(engine) as db:
        counts = {
            "message_transitions": _delete(db, _steps_on_the_way(before)),
            "audience_operations": _delete(db, _operations(before)),
            "audience_batches": _delete(db, _never_sent(before)),
        }
        failpoint("prune.ledger_before_commit")
        if dry_run:
            db.rollback()
    failpoint("prune.ledger_after_commit")
    engine.dispose()
    return counts


def oldest_open(settings: Settings) -> date | None:
    """Business date of the oldest message of which nobody knows whether it left; None if there is none."""
    engine = open_ledger(settings)
    with engine.connect() as db:
        found = db.scalar(select(func.min(Message.business_date)).where(Message.state.in_(UNDER_WAY)))
    engine.dispose()
    return found


def _delete(db: Connection, statement: Delete) -> int:
    return db.execute(statement).rowcount


def _steps_on_the_way(before: date) -> Delete:
    """Changes of ended messages, all older than `before`, but for the last one and the last claim."""
    step = MessageTransition
    claims = case((step.to_state == CLAIMED, step.transition_id))
    ended = (
        select(
            step.message_key,
            func.max(step.transition_id).label("last"),
            func.max(claims).label("claim"),
        )
        .join(Message, Message.message_key == step.message_key)
        .where(Message.state.in_(TERMINAL))
        .group_by(step.message_key)
        .having(func.max(step.run_date) < before)
        .subquery()
    )
    doomed = (
        select(step.transition_id)
        .join(ended, ended.c.message_key == step.message_key)
        .where(step.transition_id != ended.c.last, step.transition_id.is_distinct_from(ended.c.claim))
    )
    return delete(step).where(step.transition_id.in_(doomed))


def _operations(before: date) -> Delete:
    old = select(AudienceBatch.batch_id).where(
        or_(
            and_(AudienceBatch.state == ACKNOWLEDGED, AudienceBatch.business_date < before),
            AudienceBatch.batch_id.in_(_replaced(before)),
        )
    )
    return delete(AudienceOperation).where(AudienceOperation.batch_id.in_(old))


def _never_sent(before: date) -> Delete:
    # the whole row: a plan that comes back finds none, and enters the batch again with its operations
    return delete(AudienceBatch).where(AudienceBatch.batch_id.in_(_replaced(before)))


def _replaced(before: date) -> Select[str]:
    is_used = select(AudienceMember.member).where(AudienceMember.batch_id == AudienceBatch.batch_id).exists()
    return select(AudienceBatch.batch_id).where(
        AudienceBatch.state == VOID,
        AudienceBatch.fence == 0,
        AudienceBatch.business_date < before,
        ~is_used,
    )
