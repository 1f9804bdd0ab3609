"""What a destination is known to hold of a sync, member by member.

held: it acknowledged this. uncertain: its answer was lost, so it may hold this or what was told before.
refused: it did not take this member as told, and is not told again until there is something else to tell.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from include.ledger.models import AudienceMember

HELD = "held"
UNCERTAIN = "uncertain"
REFUSED = "refused"


@dataclass(frozen=True)
class Known:
    """What is known of one member."""

    payload_hash: str
    standing: str = HELD


@dataclass(frozen=True)
class Standing:
    """A member of a batch after its delivery; `operation` is its row of `audience_operations`."""

    operation: Row[Any]
    standing: str
    reason: str | None = None


def known_members(db: Connection, sync: str) -> dict[str, Known]:
    """What is known of every member that the destination was told of."""
    columns = (AudienceMember.member, AudienceMember.payload_hash, AudienceMember.standing)
    rows = db.execute(select(*columns).where(AudienceMember.sync == sync))
    return {row.member: Known(row.payload_hash, row.standing) for row in rows}


def forget_refused(db: Connection, sync: str, members: Collection[str]) -> None:
    """Forget members that were refused: the destination does not hold them and they are wanted no more."""
    mine = (AudienceMember.sync == sync, AudienceMember.standing == REFUSED)
    for some in chunks(sorted(members)):
        db.execute(delete(AudienceMember).where(*mine, AudienceMember.member.in_(some)))


def doubt_all(db: Connection, sync: str) -> None:
    """The destination has lost what it held: each member is to be told again, and is no growth by that."""
    mine = (AudienceMember.sync == sync, AudienceMember.standing == HELD)
    db.execute(update(AudienceMember).where(*mine).values(standing=UNCERTAIN))


def remember(
    db: Connection, sync: str, batch_id: str, members: Sequence[str], kept: Sequence[Standing]
) -> None:
    """Replace what is known of these members: of those not among `kept`, nothing."""
    for some in chunks(members):
        mine = (AudienceMember.sync == sync, AudienceMember.member.in_(some))
        db.execute(delete(AudienceMember).where(*mine))
    told = {"sync": sync, "batch_id": batch_id}
    lines = [
        {
            **told,
            "member": one.operation.member,
            "payload_hash": one.operation.payload_hash,
            "standing": one.standing,
            "reason": one.reason,
        }
        for one in kept
    ]
    if lines:
        db.execute(insert(AudienceMember), lines)


def chunks(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """Parts small enough for one statement."""
    return (values[start : start + size] for start in range(0, len(values), size))
