"""Batches of an audience and the states they go through.

planned → claimed → acknowledged; waiting for a person instead of planned, where a guard says so. A claim
whose outcome was not learned is unknown until the destination has been looked at, or void where nobody can
tell; a batch that a newer plan replaces is void. `reason` of a batch in flight is the last step that its
sender noted, so that a later try knows how far it came.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from include.ledger.cuts import Batch
from include.ledger.exposures import Sync
from include.ledger.guards import Operation
from include.ledger.held import HELD, REFUSED, UNCERTAIN, Standing, remember
from include.ledger.models import AudienceBatch, AudienceOperation, AudiencePlan
from include.ledger.states import VERSION_WITHDRAWN, ClaimLost

PLANNED = "planned"
WAITING = "waiting"
CLAIMED = "claimed"
UNKNOWN = "unknown"
ACKNOWLEDGED = "acknowledged"
VOID = "void"
IN_FLIGHT = (CLAIMED, UNKNOWN)
NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class InFlight:
    """A batch that is claimed, or whose outcome was not learned, as its holder last saw it.

    `reason`: the last step that was noted, or why it is unknown.
    """

    batch_id: str
    sync: str
    state: str
    fence: int
    reference: str = ""
    fingerprint: str = ""
    lease_until: datetime | None = None
    reason: str | None = None
    business_date: date = date.min


@dataclass(frozen=True)
class Planned:
    """A batch as it enters the ledger: it may go, or waits for the answer to `question`."""

    batch: Batch
    reference: str
    question: str | None

    @property
    def state(self) -> str:
        """`planned` or `waiting`."""
        return WAITING if self.question else PLANNED


def count_acknowledged(db: Connection, sync: str) -> int:
    """How many batches of a sync the destination has acknowledged."""
    mine = (AudienceBatch.sync == sync, AudienceBatch.state == ACKNOWLEDGED)
    return db.scalar(select(func.count()).select_from(AudienceBatch).where(*mine)) or 0


def has_later(db: Connection, sync: str, business_date: date) -> bool:
    """Whether a later date has been planned: what the destination receives since then is that date's.

    A plan counts no more once the version that it was made from has been withdrawn.
    """
    of_sync = (AudiencePlan.sync == sync, AudiencePlan.withdrawn_at.is_(None))
    later = (*of_sync, AudiencePlan.business_date > business_date)
    return db.execute(select(AudiencePlan.sync).where(*later).limit(1)).first() is not None


def last_destination(db: Connection, sync: str) -> str | None:
    """Where the members of a sync stand: where its last batch went that was sent at all."""
    mine = (AudienceBatch.sync == sync, AudienceBatch.fence > 0)
    newest = select(AudienceBatch.destination).where(*mine).order_by(AudienceBatch.claimed_at.desc())
    return db.scalars(newest.limit(1)).first()


def in_flight(db: Connection, sync: str) -> list[InFlight]:
    """Batches of a sync whose outcome is open, in order."""
    return _found(db, AudienceBatch.sync == sync, AudienceBatch.state.in_(IN_FLIGHT))


def called(db: Connection, beginning: str) -> list[InFlight]:
    """Batches in any state whose id begins so."""
    return _found(db, AudienceBatch.batch_id.startswith(beginning, autoescape=True))


def _found(db: Connection, *which: ColumnElement[bool]) -> list[InFlight]:
    columns = [getattr(AudienceBatch, field.name) for field in fields(InFlight)]
    found = select(*columns).where(*which).order_by(AudienceBatch.business_date, AudienceBatch.ordinal)
    return [InFlight(**row._asdict()) for row in db.execute(found)]


def replace_planned(db: Connection, sync: Sync, business_date: date, parts: Sequence[Planned]) -> None:
    """Make these the batches of a sync that are still to be delivered; others become void."""
    ids = [part.batch.batch_id for part in parts]
    open_ones = (AudienceBatch.sync == sync.name, AudienceBatch.state.in_((PLANNED, WAITING)))
    gone = (*open_ones, AudienceBatch.batch_id.not_in(ids))
    db.execute(update(AudienceBatch).where(*gone).values(state=VOID, reason="replaced by a newer plan"))
    states = select(AudienceBatch.batch_id, AudienceBatch.state).where(AudienceBatch.batch_id.in_(ids))
    known = {row.batch_id: row.state for row in db.execute(states)}
    for ordinal, part in enumerate(parts):
        if part.batch.batch_id not in known:
            _add(db, sync, business_date, ordinal, part)
        elif known[part.batch.batch_id] in (PLANNED, WAITING, VOID):
            again = AudienceBatch.batch_id == part.batch.batch_id
            # a question once asked about it stays: an approval is found by it after a crash
            asked = {"question": part.question} if part.question else {}
            db.execute(update(AudienceBatch).where(again).values(state=part.state, reason=None, **asked))


def _add(db: Connection, sync: Sync, business_date: date, ordinal: int, part: Planned) -> None:
    db.execute(
        insert(AudienceBatch).values(
            batch_id=part.batch.batch_id,
            sync=sync.name,
            destination=sync.destination.name,
            audience=sync.audience,
            business_date=business_date,
            ordinal=ordinal,
            state=part.state,
            question=part.question,
            reference=part.reference,
            fence=0,
        )
    )
    names = ("member", "operation", "payload_hash")
    lines = [dict(zip(names, operation, strict=True)) for operation in part.batch.operations]
    db.execute(insert(AudienceOperation), [{"batch_id": part.batch.batch_id, **line} for line in lines])


def let_through(db: Connection, sync: str, business_date: date) -> set[Operation]:
    """Operations planned for a date without a question, once delivery of any of them has begun."""
    columns = (AudienceOperation.member, AudienceOperation.operation, AudienceOperation.payload_hash)
    of_date = (AudienceBatch.sync == sync, AudienceBatch.business_date == business_date)
    mine = (*of_date, AudienceBatch.reason.is_distinct_from(VERSION_WITHDRAWN))
    found = select(*columns).join(AudienceBatch, AudienceBatch.batch_id == AudienceOperation.batch_id)
    unasked = found.add_columns(AudienceBatch.fence).where(*mine, AudienceBatch.question.is_(None))
    rows = db.execute(unasked).all()
    if not any(row.fence for row in rows):
        return set()
    return {(row.member, row.operation, row.payload_hash) for row in rows}


def claim(db: Connection, batch_id: str, fingerprint: str, now: datetime, lease: float) -> int:
    """Claim a planned batch for `lease` seconds; its fence.

    Raises:
        ClaimLost: it is not planned any more.
    """
    wall = datetime.now(UTC) + timedelta(seconds=lease)
    values = {"fingerprint": fingerprint, "claimed_at": now, "lease_until": wall}
    planned = (AudienceBatch.batch_id == batch_id, AudienceBatch.state == PLANNED)
    values |= {"state": CLAIMED, "fence": AudienceBatch.fence + 1, "reason": None}
    _change(db, batch_id, PLANNED, planned, **values)
    return db.execute(select(AudienceBatch.fence).where(AudienceBatch.batch_id == batch_id)).scalar_one()


def renew(db: Connection, row: InFlight, lease: float) -> None:
    """Hold a claimed batch for `lease` seconds more. Raises ClaimLost like `claim`."""
    wall = datetime.now(UTC) + timedelta(seconds=lease)
    _change_held(db, row, lease_until=wall)


def note(db: Connection, row: InFlight, step: str, lease: float) -> InFlight:
    """Write down how far a batch in flight has come, and hold it as `renew` does; the batch as it is now."""
    wall = datetime.now(UTC) + timedelta(seconds=lease)
    _change_held(db, row, reason=step, lease_until=wall)
    return replace(row, reason=step, lease_until=wall)


def release(db: Connection, row: InFlight, to: str, reason: str | None) -> None:
    """A batch in flight becomes unknown, or planned again. Raises ClaimLost like `claim`."""
    _change_held(db, row, state=to, reason=reason, lease_until=None)


def acknowledge(
    db: Connection,
    row: InFlight,
    now: datetime,
    refused: Mapping[str, str] = NOBODY,
    reason: str | None = None,
) -> dict[str, int]:
    """Write what the destination holds now, in the caller's transaction; counts by operation.

    `reason`: how it is known, where the destination has not said so itself.
    """
    done = {"state": ACKNOWLEDGED, "reason": reason, "lease_until": None, "acknowledged_at": now}
    _change_held(db, row, **done)
    operations = _operations(db, row.batch_id)
    for member, why in refused.items():
        line = (AudienceOperation.batch_id == row.batch_id, AudienceOperation.member == member)
        db.execute(update(AudienceOperation).where(*line).values(refused=why))
    kept = [
        Standing(o, _standing(o.operation, o.member in refused), refused.get(o.member))
        for o in operations
        if o.operation != "remove" or o.member in refused
    ]
    remember(db, row.sync, row.batch_id, [o.member for o in operations], kept)
    counts = Counter(o.operation for o in operations if o.member not in refused)
    told = {name: counts[name] for name in ("add", "remove", "update")}
    return told | ({"refused": len(refused)} if refused else {})


def _standing(operation: str, is_refused: bool) -> str:
    """What is known of a member after its batch; one whose removal was refused may be there still."""
    if operation == "remove":
        return UNCERTAIN
    return REFUSED if is_refused else HELD


def give_up(db: Connection, row: InFlight) -> None:
    """Nobody can tell whether a batch arrived: its members may be held or not, as told or as before.

    They are told again in the next plan, whichever way that goes.
    """
    _change_held(db, row, state=VOID, reason="its answer was lost", lease_until=None)
    operations = _operations(db, row.batch_id)
    uncertain = [Standing(o, UNCERTAIN) for o in operations]
    remember(db, row.sync, row.batch_id, [o.member for o in operations], uncertain)


def _operations(db: Connection, batch_id: str) -> Sequence[Row[Any]]:
    mine = select(AudienceOperation.__table__).where(AudienceOperation.batch_id == batch_id)
    return db.execute(mine.order_by(AudienceOperation.member)).all()


def _change_held(db: Connection, row: InFlight, **values: Any) -> None:
    """Change a batch only while it is as its holder last saw it, the noted step included."""
    mine = (AudienceBatch.batch_id == row.batch_id, AudienceBatch.fence == row.fence)
    as_seen = (AudienceBatch.state == row.state, AudienceBatch.reason.is_not_distinct_from(row.reason))
    _change(db, row.batch_id, row.state, (*mine, *as_seen), **values)


def _change(
    db: Connection, batch_id: str, before: str, where: Sequence[ColumnElement[bool]], **values: Any
) -> None:
    if db.execute(update(AudienceBatch).where(*where).values(**values)).rowcount != 1:
        raise ClaimLost(f"batch {batch_id[:12]}: no longer {before}, or not as it was")
