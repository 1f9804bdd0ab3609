"""Who a destination should hold: an audience, as far as consent and contact points allow."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from include.destinations import NOT_WITHDRAWN
from include.keyed import HashKeys
from include.ledger.contacts import ContactPoint, read_points, read_standing
from include.ledger.exposures import Sync
from include.ledger.guards import Operation
from include.ledger.held import HELD, REFUSED, Known
from include.normalise.greetings import greeting_name
from include.senders.parts.members import Member, payload_hash
from include.warehouse.published import read_mart

NO_CONTACT_POINT = "no_contact_point"
NO_CONSENT = "no_consent"
SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Wanted:
    """Members by customer id with what would be told of them, and how many were held back by reason.

    `withdrawn`: who is known at the destination and may no longer be told of, in the audience or not.
    """

    members: dict[str, Member]
    hashes: dict[str, str]
    held_back: dict[str, int]
    withdrawn: frozenset[str]


def find_wanted(
    sync: Sync, membership: Path, contacts: Path, known: Collection[str], keys: HashKeys
) -> Wanted:
    """Join an audience to contact points and consent.

    Args:
        membership: the published version of the date, which says who is in the audience.
        contacts: the newest published version, which says who may be told of, and how.
        known: members that the destination was told of before.
        keys: those that the ledger's hashes are under.
    """
    customers = [] if sync.is_retired else _in_audience(membership, sync.audience)
    points: dict[str, list[ContactPoint]] = {}
    for point in read_points(contacts, keys, customer_ids={*customers, *known}):
        points.setdefault(point.customer_id, []).append(point)
    needed = sync.destination.consents
    standing = read_standing(contacts, sync.purpose, {*customers, *known}) if needed else {}
    found = {one: choose(sync, points.get(one, []), standing.get(one, {})) for one in (*customers, *known)}
    members = {one: _member(sync, one, free) for one in customers if not isinstance(free := found[one], str)}
    held_back = Counter(why for one in customers if isinstance(why := found[one], str))
    hashes = {customer_id: payload_hash(m, sync.layout, keys) for customer_id, m in members.items()}
    withdrawn = frozenset(one for one in known if isinstance(found[one], str))
    return Wanted(members, hashes, dict(sorted(held_back.items())), withdrawn)


def choose(
    sync: Sync, points: Sequence[ContactPoint], standing: Mapping[str, bool]
) -> list[ContactPoint] | str:
    """The contact points to use, preferred ones first; or why there is none.

    A sync that names no contact point still needs consent: on any of the customer's. `standing` is what the
    customer has said of each contact channel, some of which the destination asks for too. What waits for
    confirmation is no contact point.
    """
    fitting = [p for p in points if sync.contact_point in ("none", "any", p.channel) and p.is_confirmed]
    if not fitting:
        return NO_CONTACT_POINT
    free = [p for p in fitting if not p.is_suppressed]
    if not free:
        return SUPPRESSED
    needed = sync.destination.consents
    consented = [p for p in free if p.consents_to(sync.purpose) and not p.refuses(needed)]
    if not consented or not _has_needed(sync, standing):
        return NO_CONSENT
    return sorted(consented, key=lambda p: (not p.is_preferred, p.contact_point_id))


def _has_needed(sync: Sync, standing: Mapping[str, bool]) -> bool:
    """Whether nothing that the destination asks for was withdrawn, and what must be granted was."""
    needed = sync.destination.consents
    return all(standing.get(channel, need == NOT_WITHDRAWN) is True for channel, need in needed.items())


def diff(wanted: Mapping[str, str], known: Mapping[str, Known]) -> list[Operation]:
    """(member, operation, payload hash) that lead from what a destination holds to what is wanted.

    Removals come first: they may not wait behind anything. Who was refused as told is not told again, and
    who is uncertain is told again whichever way.
    """
    there = {m: k for m, k in known.items() if k.standing != REFUSED}
    removed = ((m, "remove", k.payload_hash) for m, k in there.items() if m not in wanted)
    changed = ((m, _change(known.get(m), h), h) for m, h in wanted.items())
    return [*sorted(removed), *sorted(operation for operation in changed if operation[1])]


def _change(known: Known | None, payload_hash: str) -> str:
    """What to do about somebody who is wanted; nothing if the destination has been told just this.

    Where its answer was lost, saying the same again is enough: it may hold this or nothing, no third thing.
    """
    if known is None:
        return "add"
    is_same = known.payload_hash == payload_hash
    if known.standing == HELD:
        return "" if is_same else "update"
    if known.standing == REFUSED:
        return "" if is_same else "add"
    return "add" if is_same else "update"


def as_supported(sync: Sync, operations: Iterable[Operation], known: Mapping[str, Known]) -> list[Operation]:
    """The same for a destination that cannot update: it removes what was told before, then adds."""
    if "update" in sync.destination.operations:
        return list(operations)
    told: list[Operation] = []
    for member, kind, told_hash in operations:
        if kind == "update":
            told.append((member, "remove", known[member].payload_hash))
        told.append((member, "add" if kind == "update" else kind, told_hash))
    return sorted(told, key=lambda operation: operation[1] != "remove")


def tell(operations: Iterable[tuple[str, str]], wanted: dict[str, Member]) -> tuple[Member, ...]:
    """Operations (member, operation) as lines of a file. A removal carries the customer id alone."""
    lines = []
    for member, operation in operations:
        known = wanted.get(member)
        if operation == "remove" or known is None:
            lines.append(Member("remove", member))
        else:
            lines.append(replace(known, operation=operation))
    return tuple(lines)


def _in_audience(version: Path, audience: str) -> list[str]:
    table: Any = read_mart(version, "fct_audience_membership", ["audience", "customer_id"])
    mine = table.filter(pc.equal(table.column("audience"), audience))
    return sorted(mine.column("customer_id").to_pylist())


def _member(sync: Sync, customer_id: str, points: Sequence[ContactPoint]) -> Member:
    """One identifier, or all of them where the sync takes any."""
    if sync.contact_point == "none":
        return Member("add", customer_id)
    told = points if sync.contact_point == "any" else points[:1]
    identifiers = tuple((point.channel, point.address) for point in told)
    return Member("add", customer_id, identifiers, greeting_name(points[0].greeting_name) or "")
