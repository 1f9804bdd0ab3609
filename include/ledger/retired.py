"""Syncs that are declared no more while a destination still holds people of them.

Nobody would remove these when they withdraw, so somebody must either empty the audience or say it is gone.
"""

from sqlalchemy import Connection, delete, func, select

from include.errors import FixDeclaration
from include.ledger.batches import last_destination
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import Sync, load_syncs
from include.ledger.held import REFUSED
from include.ledger.models import AudienceMember
from include.settings import Settings


def refuse_retired(settings: Settings) -> None:
    """See that each sync whose members a destination holds is declared.

    Raises:
        FixDeclaration: some are not; how many people stand where, and what to do.
    """
    declared = {sync.name for sync in load_syncs()}
    engine = open_ledger(settings)
    with engine.connect() as db:
        left = {sync: count for sync, count in _held(db).items() if sync not in declared}
        places = {sync: last_destination(db, sync) for sync in left}
    engine.dispose()
    if left:
        told = ", ".join(f"{sync} ({count:,} at {places[sync]})" for sync, count in left.items())
        raise FixDeclaration(
            f"declared no more, but people are still there: {told}. Nobody removes them when they withdraw. "
            "Declare it again with `retired: true` and approve; or, where the audience itself is gone: "
            f"python -m include.ledger --forget {next(iter(left))}"
        )


def refuse_moved(db: Connection, sync: Sync) -> None:
    """See that a sync stands where it is declared.

    Raises:
        FixDeclaration: its members stand at another destination.
    """
    place = last_destination(db, sync.name)
    if place not in (None, sync.destination.name) and _held(db).get(sync.name):
        raise FixDeclaration(
            f"{sync.name}: its members stand at {place}. Let the exposure to {sync.destination.name} have a "
            f"name of its own, and retire this one at {place}"
        )


def forget(settings: Settings, sync: str) -> int:
    """Forget whom a destination holds of a sync, for it holds nobody any more; how many were forgotten.

    Raises:
        FixDeclaration: the sync is declared: its next run would tell all of them again.
    """
    if sync in {one.name for one in load_syncs()}:
        raise FixDeclaration(f"{sync} is declared: take its exposure away first")
    engine = open_ledger(settings)
    with writing(engine, sync) as db:
        count = db.execute(delete(AudienceMember).where(AudienceMember.sync == sync)).rowcount
    engine.dispose()
    return count


def _held(db: Connection) -> dict[str, int]:
    """How many people stand at a destination, by sync."""
    there = select(AudienceMember.sync, func.count().label("people")).where(
        AudienceMember.standing != REFUSED
    )
    rows = db.execute(there.group_by(AudienceMember.sync).order_by(AudienceMember.sync))
    return {row.sync: row.people for row in rows}
