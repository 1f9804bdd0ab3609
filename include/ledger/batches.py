"""Batches of an audience: what they are called, and the states they go through.

planned → claimed → acknowledged; a claim whose outcome was not learned is unknown until the destination
has been looked at; a planned batch that a newer plan replaces is void.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from include.ledger.exposures import Sync
from include.ledger.models import AudienceBatch, AudienceMember, AudienceOperation
from include.ledger.states import ClaimLost

PLANNED = "planned"
CLAIMED = "claimed"
UNKNOWN = "unknown"
ACKNOWLEDGED = "acknowledged"
VOID = "void"
IN_FLIGHT = (CLAIMED, UNKNOWN)

Operation = tuple[str, str, str]  # member, operation, payload hash


@dataclass(frozen=True)
class Batch:
    """A part of a plan, small enough for its destination."""

    batch_id: str
    ordinal: int
    operations: tuple[Operation, ...]


def cut(sync: Sync, business_date: date, base: int, operations: Sequence[Operation]) -> Iterator[Batch]:
    """Batches of the destination's size, each named by its content.

    Args:
        base: how many batches the destination has acknowledged so far. The same change a second time,
            after it was undone, is another batch; the same plan again is the same one.
    """
    size = sync.destination.limits.members_per_batch
    content = [
        *(sync.destination.name, sync.audience, sync.name, str(business_date)),
        *(sync.layout, sync.contact_point, sync.purpose, base),
    ]
    for ordinal, start in enumerate(range(0, len(operations), size)):
        part = tuple(operations[start : start + size])
        told = json.dumps([*content, sorted(part)])
        yield Batch(hashlib.sha256(told.encode()).hexdigest(), ordinal, part)


def acknowledged_members(db: Connection, sync: str) -> dict[str, str]:
    """Payload hash of every member that the destination has acknowledged."""
    mine = select(AudienceMember.member, AudienceMember.payload_hash).where(AudienceMember.sync == sync)
    return {row.member: row.payload_hash for row in db.execute(mine)}


def count_acknowledged(db: Connection, sync: str) -> int:
    """How many batches of a sync the destination has acknowledged."""
    mine = (AudienceBatch.sync == sync, AudienceBatch.state == ACKNOWLEDGED)
    return db.scalar(select(func.count()).select_from(AudienceBatch).where(*mine)) or 0


def has_later(db: Connection, sync: str, business_date: date) -> bool:
    """Whether a later date has been delivered, or may have been."""
    states = AudienceBatch.state.in_((ACKNOWLEDGED, *IN_FLIGHT))
    later = (AudienceBatch.sync == sync, AudienceBatch.business_date > business_date, states)
    return db.execute(select(AudienceBatch.batch_id).where(*later).limit(1)).first() is not None


def in_state(db: Connection, sync: str, *states: str) -> list[Row[Any]]:
    """Batches of a sync in these states, in order."""
    mine = (AudienceBatch.sync == sync, AudienceBatch.state.in_(states))
    found = select(AudienceBatch.__table__).where(*mine)
    return list(db.execute(found.order_by(AudienceBatch.business_date, AudienceBatch.ordinal)).all())


def replace_planned(
    db: Connection, sync: Sync, business_date: date, batches: Sequence[Batch], paths: list[str]
) -> None:
    """Make these the planned batches of a sync; planned ones that are not among them become void."""
    ids = [batch.batch_id for batch in batches]
    mine = (
        AudienceBatch.sync == sync.name,
        AudienceBatch.state == PLANNED,
        AudienceBatch.batch_id.not_in(ids),
    )
    db.execute(update(AudienceBatch).where(*mine).values(state=VOID, reason="replaced by a newer plan"))
    known = set(db.scalars(select(AudienceBatch.batch_id).where(AudienceBatch.batch_id.in_(ids))))
    again = (AudienceBatch.batch_id.in_(ids), AudienceBatch.state == VOID)
    db.execute(update(AudienceBatch).where(*again).values(state=PLANNED, reason=None))
    for batch, path in zip(batches, paths, strict=True):
        if batch.batch_id not in known:
            _add(db, sync, business_date, batch, path)


def _add(db: Connection, sync: Sync, business_date: date, batch: Batch, path: str) -> None:
    db.execute(
        insert(AudienceBatch).values(
            batch_id=batch.batch_id,
            sync=sync.name,
            destination=sync.destination.name,
            audience=sync.audience,
            business_date=business_date,
            ordinal=batch.ordinal,
            state=PLANNED,
            file_path=path,
            fence=0,
        )
    )
    names = ("member", "operation", "payload_hash")
    lines = [dict(zip(names, operation, strict=True)) for operation in batch.operations]
    db.execute(insert(AudienceOperation), [{"batch_id": batch.batch_id, **line} for line in lines])


def claim(db: Connection, batch_id: str, file_sha256: str, now: datetime, lease: float) -> int:
    """Claim a planned batch for `lease` seconds; its fence.

    Raises:
        ClaimLost: it is not planned any more.
    """
    wall = datetime.now(UTC) + timedelta(seconds=lease)
    values = {"file_sha256": file_sha256, "claimed_at": now, "lease_until": wall}
    fence = AudienceBatch.fence + 1
    _change(db, batch_id, PLANNED, None, state=CLAIMED, fence=fence, **values)
    return db.execute(select(AudienceBatch.fence).where(AudienceBatch.batch_id == batch_id)).scalar_one()


def release(db: Connection, batch_id: str, before: str, fence: int, to: str, reason: str | None) -> None:
    """A batch in flight becomes unknown, or planned again. Raises ClaimLost like `claim`."""
    _change(db, batch_id, before, fence, state=to, reason=reason, lease_until=None)


def acknowledge(
    db: Connection, sync: str, batch_id: str, before: str, fence: int, now: datetime
) -> dict[str, int]:
    """Write what the destination holds now, in the caller's transaction; counts by operation."""
    _change(
        db, batch_id, before, fence, state=ACKNOWLEDGED, reason=None, lease_until=None, acknowledged_at=now
    )
    mine = select(AudienceOperation.__table__).where(AudienceOperation.batch_id == batch_id)
    operations = db.execute(mine.order_by(AudienceOperation.member)).all()
    members = [row.member for row in operations]
    for start in range(0, len(members), 500):
        some = AudienceMember.member.in_(members[start : start + 500])
        db.execute(delete(AudienceMember).where(AudienceMember.sync == sync, some))
    held = [row for row in operations if row.operation != "remove"]
    lines = [
        {"sync": sync, "batch_id": batch_id, "member": r.member, "payload_hash": r.payload_hash} for r in held
    ]
    if lines:
        db.execute(insert(AudienceMember), lines)
    return {name: sum(1 for r in operations if r.operation == name) for name in ("add", "remove", "update")}


def _change(db: Connection, batch_id: str, before: str, wanted_fence: int | None, **values: Any) -> None:
    where = [AudienceBatch.batch_id == batch_id, AudienceBatch.state == before]
    if wanted_fence is not None:
        where.append(AudienceBatch.fence == wanted_fence)
    if db.execute(update(AudienceBatch).where(*where).values(**values)).rowcount != 1:
        raise ClaimLost(f"batch {batch_id[:12]}: no longer {before}")
