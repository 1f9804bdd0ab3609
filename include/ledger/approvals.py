"""Changes of audiences that wait for a person: what is asked, and what was answered.

An answer is to one question: these operations and no others. What is left of them after a crash is approved
still; an operation that nobody was asked about makes another question, which nobody has answered yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from include.errors import FixPayload
from include.ledger.batches import has_later
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.guards import Operation
from include.ledger.models import AudienceBatch, AudienceOperation, AudiencePlan
from include.settings import Settings

APPROVED = "approved"
REJECTED = "rejected"
_NO_ANSWER: dict[str, Any] = dict.fromkeys(("answer", "answered_by", "answered_at"))


@dataclass(frozen=True)
class Found:
    """What a plan found: size, who is held back and why, what is odd, what waits, and what it asks."""

    members: int
    held_back: Mapping[str, int]
    concerns: Mapping[str, str]
    waiting: Mapping[str, int]
    question: str | None


@dataclass(frozen=True)
class Question:
    """What a person is asked about one sync, in words; nobody is named in it."""

    sync: str
    business_date: date
    question: str
    subject: str
    body: str


def note(db: Connection, sync: str, business_date: date, found: Found) -> None:
    """Write down what a night found for a sync; an answer stays with the question it was given to."""
    mine = (AudiencePlan.sync == sync, AudiencePlan.business_date == business_date)
    size = {"members": found.members, "held_back": dict(found.held_back)}
    asked = {"concerns": dict(found.concerns), "waiting": dict(found.waiting), "question": found.question}
    columns = (AudiencePlan.question, AudiencePlan.answer, AudiencePlan.withdrawn_at)
    before = db.execute(select(*columns).where(*mine)).one_or_none()
    if before is None:
        db.execute(insert(AudiencePlan).values(sync=sync, business_date=business_date, **size, **asked))
        return
    if before.withdrawn_at is not None:
        asked |= {**_NO_ANSWER, "withdrawn_at": None}
    elif found.question is None and before.answer == APPROVED:
        asked = {}  # what was asked, and by whom it was answered, is not forgotten as it is carried out
    elif found.question != before.question:
        asked |= _NO_ANSWER
    db.execute(update(AudiencePlan).where(*mine).values(**size, **asked))


def is_approved(db: Connection, sync: str, business_date: date, operations: Sequence[Operation]) -> bool:
    """Whether a person who was asked about all of these operations said yes."""
    mine = (*_counting(business_date), AudiencePlan.sync == sync)
    plan = db.execute(select(AudiencePlan.question, AudiencePlan.answer).where(*mine)).one_or_none()
    if not operations or plan is None or plan.answer != APPROVED:
        return False
    columns = (AudienceOperation.member, AudienceOperation.operation, AudienceOperation.payload_hash)
    asked = (
        select(*columns)
        .join(AudienceBatch, AudienceBatch.batch_id == AudienceOperation.batch_id)
        .where(AudienceBatch.sync == sync, AudienceBatch.question == plan.question)
    )
    return set(operations) <= {tuple(row) for row in db.execute(asked)}


def open_questions(settings: Settings, business_date: date, ask_again: bool = False) -> list[Question]:
    """What waits for an answer for a date, by sync; with `ask_again`, what was rejected too."""
    engine = open_ledger(settings)
    is_open: ColumnElement[bool] = AudiencePlan.answer.is_(None)
    if ask_again:
        is_open |= AudiencePlan.answer == REJECTED
    mine = (*_counting(business_date), is_open)
    with engine.connect() as db:
        rows = db.execute(select(AudiencePlan.__table__).where(*mine).order_by(AudiencePlan.sync)).all()
    engine.dispose()
    return [_ask(row) for row in rows if any(row.waiting.values())]


def answer(
    settings: Settings, sync: str, business_date: date, question: str, given: str, by: str, at: datetime
) -> None:
    """Write down a person's answer (`approved` or `rejected`), by whom and when.

    Raises:
        FixPayload: the question is not open any more: the plan has changed, or a later night planned anew.
    """
    engine = open_ledger(settings)
    mine = (*_counting(business_date), AudiencePlan.sync == sync)
    with writing(engine, sync) as db:
        values = {"answer": given, "answered_by": by, "answered_at": at}
        book = update(AudiencePlan).where(*mine, AudiencePlan.question == question).values(**values)
        if has_later(db, sync, business_date) or db.execute(book).rowcount != 1:
            raise _overtaken(sync, business_date)
    engine.dispose()


def refuse_overtaken(settings: Settings, sync: str, business_date: date) -> None:
    """See that what was approved still counts, where delivering it found nothing to do.

    Raises:
        FixPayload: a later night has planned since.
    """
    engine = open_ledger(settings)
    with engine.connect() as db:
        is_overtaken = has_later(db, sync, business_date)
    engine.dispose()
    if is_overtaken:
        raise _overtaken(sync, business_date)


def _counting(business_date: date) -> tuple[ColumnElement[bool], ...]:
    """Plans of a date whose version was not withdrawn."""
    return AudiencePlan.business_date == business_date, AudiencePlan.withdrawn_at.is_(None)


def _overtaken(sync: str, business_date: date) -> FixPayload:
    return FixPayload(
        f"{sync} of {business_date}: what was asked has been overtaken by a newer plan. "
        "Nothing more is sent on this answer; the newer plan asks again if it must."
    )


def _ask(row: Any) -> Question:
    sync = find_sync(row.sync)
    waits = ", ".join(f"{kind} {n:,}" for kind, n in sorted(row.waiting.items()) if n)
    lines = [
        f"**{sync.audience}** to **{sync.destination.title}**, {row.business_date}: the change is odd.",
        *(f"- {words}" for _, words in sorted(row.concerns.items())),
        f"- waiting: {waits}; the audience has {row.members:,} members",
        "",
        "*Approve* sends exactly this. *Reject*, or no answer, sends none of it: the next night plans anew.",
        "People who withdrew their consent have been removed already, without asking.",
    ]
    subject = f"{sync.name}: {waits}. Send it?"
    return Question(row.sync, row.business_date, row.question, subject, "\n".join(lines))
