"""Changes of audiences that wait for a person: what is asked, and what was answered.

An answer is to one question, which is a hash of the operations that wait. If the plan changes, or a later
night plans the sync anew, the question is another and nobody has answered it yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from include.errors import FixPayload
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.models import AudiencePlan
from include.settings import Settings

APPROVED = "approved"
REJECTED = "rejected"


@dataclass(frozen=True)
class Found:
    """What a plan found: size, who is held back and why, what is odd, counts, and what it asks."""

    members: int
    held_back: Mapping[str, int]
    concerns: Mapping[str, str]
    counts: Mapping[str, int]
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
    values: dict[str, Any] = {
        "members": found.members,
        "held_back": dict(found.held_back),
        "concerns": dict(found.concerns),
        "waiting": {k.partition(":")[2]: n for k, n in found.counts.items() if k.startswith("waiting:")},
        "question": found.question,
    }
    before = db.execute(select(AudiencePlan.question).where(*mine)).one_or_none()
    if before is None:
        db.execute(insert(AudiencePlan).values(sync=sync, business_date=business_date, **values))
        return
    if found.question and before.question != found.question:
        values |= {"answer": None, "answered_by": None, "answered_at": None}
    db.execute(update(AudiencePlan).where(*mine).values(**values))


def is_approved(db: Connection, sync: str, business_date: date, question: str) -> bool:
    """Whether a person said yes to this very question."""
    mine = (AudiencePlan.sync == sync, AudiencePlan.business_date == business_date)
    row = db.execute(select(AudiencePlan.question, AudiencePlan.answer).where(*mine)).one_or_none()
    return row is not None and row.question == question and row.answer == APPROVED


def open_questions(settings: Settings, business_date: date) -> list[Question]:
    """What waits for an answer for a date, by sync."""
    engine = open_ledger(settings)
    mine = (AudiencePlan.business_date == business_date, AudiencePlan.answer.is_(None))
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
    mine = (AudiencePlan.sync == sync, AudiencePlan.business_date == business_date)
    later = select(AudiencePlan.sync).where(
        AudiencePlan.sync == sync, AudiencePlan.business_date > business_date
    )
    with writing(engine) as db:
        is_overtaken = db.execute(later.limit(1)).first() is not None
        values = {"answer": given, "answered_by": by, "answered_at": at}
        same = (*mine, AudiencePlan.question == question)
        if is_overtaken or db.execute(update(AudiencePlan).where(*same).values(**values)).rowcount != 1:
            raise FixPayload(
                f"{sync} of {business_date}: what was asked has been overtaken by a newer plan. "
                "Nothing was sent on this answer; the newer plan asks again if it must."
            )
    engine.dispose()


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
