"""Plan a sync: the difference between what a destination should hold and what it has acknowledged."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, delete, insert

from include.errors import RetryLater
from include.failpoints import failpoint
from include.ledger import batches
from include.ledger.batches import Batch
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import Sync, find_sync
from include.ledger.members import Wanted, diff, find_wanted, tell
from include.ledger.models import AudiencePlan
from include.senders.sftp_file import Request, file_path
from include.settings import Settings
from include.warehouse.published import current, version_for

Counts = dict[str, int]


@dataclass(frozen=True)
class Plan:
    """The batches to deliver, and from which contact points (`contacts`) they were made."""

    sync: Sync
    business_date: date
    contacts: Path
    wanted: Wanted
    batches: tuple[Batch, ...]
    counts: Counts

    def request(self, batch: Batch) -> Request:
        """A batch as its sender takes it, identifiers joined."""
        return write_request(self.sync, self.business_date, batch, self.wanted)


def plan_sync(settings: Settings, sync_name: str, business_date: date) -> Counts:
    """Write down what a sync has to deliver for a date, if anything. Running it again changes nothing.

    Membership comes from the version published for the date; contact points and consent from the newest one,
    so that who withdrew is removed whichever date is run. A date before the last delivered one plans nothing.

    Returns:
        `members`, `add`, `remove`, `update`, and `held_back:<reason>`.

    Raises:
        RetryLater: no version of that date is published.
        FixDeclaration: there is no such sync, or its declaration is wrong.
    """
    return make_plan(settings, find_sync(sync_name), business_date).counts


def make_plan(settings: Settings, sync: Sync, business_date: date) -> Plan:
    """As `plan_sync`, with all that is needed to deliver it."""
    membership, contacts = version_for(settings, business_date), current(settings)
    if membership is None or contacts is None:
        raise RetryLater(f"no version of {business_date} is published: run build_customer360 first")
    wanted = find_wanted(sync, membership, contacts)
    engine = open_ledger(settings)
    with writing(engine) as db:
        parts = _write(db, sync, business_date, wanted)
        failpoint("plan_sync.before_commit")
    failpoint("plan_sync.after_commit")
    engine.dispose()
    changes = Counter(operation for part in parts for _, operation, _ in part.operations)
    counts = {"members": len(wanted.members)} | {name: changes[name] for name in ("add", "remove", "update")}
    counts |= {f"held_back:{reason}": n for reason, n in wanted.held_back.items()}
    return Plan(sync, business_date, contacts, wanted, tuple(parts), counts)


def write_request(sync: Sync, business_date: date, batch: Batch, wanted: Wanted) -> Request:
    """The file of one batch."""
    operations = [(member, operation) for member, operation, _ in batch.operations]
    members = tell(operations, wanted.members)
    folder = sync.destination.folder
    return Request(folder, sync.audience, business_date, batch.batch_id, sync.layout, members)


def _write(db: Connection, sync: Sync, business_date: date, wanted: Wanted) -> list[Batch]:
    if batches.has_later(db, sync.name, business_date):
        return []
    operations = diff(wanted.hashes, batches.acknowledged_members(db, sync.name))
    base = batches.count_acknowledged(db, sync.name)
    parts = list(batches.cut(sync, business_date, base, operations))
    paths = [file_path(write_request(sync, business_date, part, wanted)) for part in parts]
    batches.replace_planned(db, sync, business_date, parts, paths)
    mine = (AudiencePlan.sync == sync.name, AudiencePlan.business_date == business_date)
    db.execute(delete(AudiencePlan).where(*mine))
    told = {"members": len(wanted.members), "held_back": wanted.held_back}
    db.execute(insert(AudiencePlan).values(sync=sync.name, business_date=business_date, **told))
    return parts
