"""Plan a sync: the difference between what a destination should hold and what it is known to hold."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from include.errors import RetryLater
from include.failpoints import failpoint
from include.ledger import approvals, batches, held
from include.ledger.batches import PLANNED, Planned
from include.ledger.cuts import Batch, cut
from include.ledger.engine import open_ledger, writing_hashes
from include.ledger.exposures import Sync, find_sync
from include.ledger.guards import Change, Operation, concerns, question
from include.ledger.hashes import keys_of
from include.ledger.members import Wanted, as_supported, diff, find_wanted, tell
from include.ledger.retired import refuse_moved
from include.senders.base import AudienceRequest, load_audience_sender
from include.settings import Settings
from include.warehouse.published import current, read_mart, require_version, version_for

Counts = dict[str, int]


class Moved(Exception):
    """Since the plan was made, a newer version has been published or another process has delivered."""


@dataclass(frozen=True)
class Plan:
    """The batches to deliver, and from which audience (`membership`) and `contacts` they were made.

    `has_members`: the destination is known to hold members of the sync.
    """

    sync: Sync
    business_date: date
    membership: Path
    contacts: Path
    wanted: Wanted
    batches: tuple[Batch, ...]
    counts: Counts
    has_members: bool

    def request(self, batch: Batch) -> AudienceRequest:
        """A batch as its sender takes it, identifiers joined."""
        request = write_request(self.sync, self.business_date, batch, self.wanted)
        return replace(request, has_members=self.has_members)


@dataclass(frozen=True)
class _Split:
    """Operations that go now, those that wait for a person, and what is odd about these."""

    free: list[Operation]
    waiting: list[Operation]
    concerns: dict[str, str]

    @property
    def counts(self) -> Counts:
        """What goes by operation, and `waiting:<operation>`."""
        going = Counter(kind for _, kind, _ in self.free)
        told = {kind: going[kind] for kind in ("add", "remove", "update")}
        return told | {f"waiting:{kind}": n for kind, n in self.waits.items()}

    @property
    def waits(self) -> Counts:
        """What waits for a person, by operation."""
        return dict(sorted(Counter(kind for _, kind, _ in self.waiting).items()))


def plan_sync(settings: Settings, sync_name: str, business_date: date) -> Counts:
    """Write down what a sync has to deliver for a date, if anything. Running it again changes nothing.

    Membership comes from the version published for the date; contact points and consent from the newest one,
    so that who withdrew since is removed. A date before the last planned one plans nothing: that one does.
    Where a guard finds the change odd, it waits for a person, but for removals of who withdrew, updates, and
    what is only said again because its answer was lost.

    Returns:
        `members`, `add`, `remove`, `update`, `waiting:<operation>` and `held_back:<reason>`.

    Raises:
        FixRequest: no version of that date is published.
        FixDeclaration: there is no such sync, its declaration is wrong, or it went to another destination.
    """
    return make_plan(settings, find_sync(sync_name), business_date).counts


def preview_sync(settings: Settings, sync_name: str, business_date: date) -> Counts:
    """What `plan_sync` would return, with nothing written down."""
    sync = find_sync(sync_name)
    membership, contacts = _versions(settings, business_date)
    engine = open_ledger(settings)
    with writing_hashes(engine, sync.name) as db:
        known = held.known_members(db, sync.name)
        wanted = find_wanted(sync, membership, contacts, known, keys_of(engine))
        split, _ = _write(db, sync, business_date, wanted, _stale_channels(membership))
        db.rollback()
    engine.dispose()
    return _counts(wanted, split)


def make_plan(settings: Settings, sync: Sync, business_date: date, to_deliver: bool = False) -> Plan:
    """As `plan_sync`, with all that is needed to deliver it.

    Raises:
        Moved: `to_deliver`, and another process has a batch of this sync in flight.
        FixRequest: no version of the date is published.
        RetryLater: another one was published since this began.
    """
    membership, contacts = _versions(settings, business_date)
    engine = open_ledger(settings)
    with engine.connect() as db:
        known = held.known_members(db, sync.name)
    wanted = find_wanted(sync, membership, contacts, known, keys_of(engine))
    with writing_hashes(engine, sync.name) as db:
        if to_deliver and batches.in_flight(db, sync.name):
            raise Moved
        if version_for(settings, business_date) != membership:  # rebuilt, or withdrawn
            raise RetryLater(f"another version of {business_date} was published meanwhile")
        split, parts = _write(db, sync, business_date, wanted, _stale_channels(membership))
        failpoint("plan_sync.before_commit")
    failpoint("plan_sync.after_commit")
    engine.dispose()
    free = tuple(part.batch for part in parts if part.state == PLANNED)
    has_members = any(one.standing == held.HELD for one in known.values())
    counts = _counts(wanted, split)
    return Plan(sync, business_date, membership, contacts, wanted, free, counts, has_members)


def _versions(settings: Settings, business_date: date) -> tuple[Path, Path]:
    """The version of the date, which says who is in an audience, and the newest, for contact points."""
    membership = require_version(settings, business_date)
    # withdrawn in this very moment: what reads it next finds that it no longer stands
    return membership, current(settings) or membership


def _counts(wanted: Wanted, split: _Split) -> Counts:
    held_back = {f"held_back:{reason}": n for reason, n in wanted.held_back.items()}
    return {"members": len(wanted.members)} | split.counts | held_back


def write_request(sync: Sync, business_date: date, batch: Batch, wanted: Wanted) -> AudienceRequest:
    """What one batch tells its destination."""
    operations = [(member, operation) for member, operation, _ in batch.operations]
    told = tell(operations, wanted.members)
    return AudienceRequest(
        sync.name,
        sync.audience,
        business_date,
        batch.batch_id,
        sync.layout,
        sync.destination.folder,
        told,
        batch.session,
    )


def _write(
    db: Connection, sync: Sync, business_date: date, wanted: Wanted, stale: tuple[str, ...]
) -> tuple[_Split, list[Planned]]:
    if batches.has_later(db, sync.name, business_date):
        return _Split([], [], {}), []
    refuse_moved(db, sync)
    known = held.known_members(db, sync.name)
    held.forget_refused(db, sync.name, known.keys() - wanted.hashes.keys())
    begun = batches.let_through(db, sync.name, business_date)
    split = _split(sync, wanted, diff(wanted.hashes, known), known, begun, stale)
    waiting = as_supported(sync, split.waiting, known)
    if approvals.is_approved(db, sync.name, business_date, waiting):
        split, waiting = _Split([*split.free, *split.waiting], [], {}), []
    asked = question(waiting) if waiting else None
    found = approvals.Found(len(wanted.members), wanted.held_back, split.concerns, split.waits, asked)
    approvals.note(db, sync.name, business_date, found)
    base = batches.count_acknowledged(db, sync.name)
    free = cut(sync, business_date, base, as_supported(sync, split.free, known))
    parts = [_planned(sync, business_date, wanted, batch, None) for batch in free]
    parts += [
        _planned(sync, business_date, wanted, batch, asked)
        for batch in cut(sync, business_date, base, waiting)
    ]
    batches.replace_planned(db, sync, business_date, parts)
    return split, parts


def _split(
    sync: Sync,
    wanted: Wanted,
    operations: list[Operation],
    known: Mapping[str, held.Known],
    begun: Collection[Operation],
    stale: tuple[str, ...],
) -> _Split:
    """Part what goes from what waits. `begun`: let through before; what is left of it is not judged again,
    for by now it would be measured against an audience that is half told."""

    def may_not_wait(operation: Operation) -> bool:
        member, kind, _ = operation
        is_said_again = kind == "add" and member in known and known[member].standing == held.UNCERTAIN
        is_withdrawn = kind == "remove" and member in wanted.withdrawn
        return kind == "update" or is_said_again or is_withdrawn or operation in begun

    there = sum(one.standing != held.REFUSED for one in known.values())
    must = [o for o in operations if may_not_wait(o)]
    ordinary = [o for o in operations if not may_not_wait(o)]
    odd = concerns(sync.guards, Change(there, len(wanted.members), ordinary, stale))
    return _Split(must, ordinary, odd) if odd else _Split(operations, [], {})


def _planned(sync: Sync, business_date: date, wanted: Wanted, batch: Batch, asked: str | None) -> Planned:
    sender = load_audience_sender(sync.destination.sender)
    return Planned(batch, sender.reference(write_request(sync, business_date, batch, wanted)), asked)


def _stale_channels(version: Path) -> tuple[str, ...]:
    rows = read_mart(version, "rpt_channel_freshness", ["channel", "days_stale"]).to_pylist()
    return tuple(sorted(row["channel"] for row in rows if row["days_stale"] != 0))
