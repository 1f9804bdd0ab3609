"""Who a destination should hold: an audience, as far as consent and contact points allow."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from include.ledger.contacts import ContactPoint, read_points
from include.ledger.exposures import Sync
from include.senders.parts.layouts import Member, payload_hash
from include.warehouse.published import read_mart

NO_CONTACT_POINT = "no_contact_point"
NO_CONSENT = "no_consent"
SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Wanted:
    """Members by customer id with what would be told of them, and how many were held back by reason."""

    members: dict[str, Member]
    hashes: dict[str, str]
    held_back: dict[str, int]


def find_wanted(sync: Sync, membership: Path, contacts: Path) -> Wanted:
    """Join an audience to contact points and consent.

    Args:
        membership: the published version of the date, which says who is in the audience.
        contacts: the newest published version, which says who may be told of, and how.
    """
    customers = _in_audience(membership, sync.audience)
    points: dict[str, list[ContactPoint]] = {}
    for point in read_points(contacts, customer_ids=customers):
        points.setdefault(point.customer_id, []).append(point)
    members: dict[str, Member] = {}
    held_back: Counter[str] = Counter()
    for customer_id in customers:
        found = choose(sync, points.get(customer_id, []))
        if isinstance(found, str):
            held_back[found] += 1
        else:
            members[customer_id] = _member(sync, customer_id, found)
    hashes = {customer_id: payload_hash(m, sync.layout) for customer_id, m in members.items()}
    return Wanted(members, hashes, dict(sorted(held_back.items())))


def choose(sync: Sync, points: Sequence[ContactPoint]) -> ContactPoint | str:
    """The contact point to use, preferred ones first; or why there is none.

    A sync that names no contact point still needs consent: on any of the customer's.
    """
    fitting = [p for p in points if sync.contact_point in ("none", p.channel)]
    if not fitting:
        return NO_CONTACT_POINT
    free = [p for p in fitting if not p.is_suppressed]
    if not free:
        return SUPPRESSED
    consented = [p for p in free if p.consents_to(sync.purpose)]
    if not consented:
        return NO_CONSENT
    return min(consented, key=lambda p: (not p.is_preferred, p.contact_point_id))


def diff(wanted: dict[str, str], acknowledged: dict[str, str]) -> list[tuple[str, str, str]]:
    """(member, operation, payload hash) that lead from what was acknowledged to what is wanted.

    Removals come first: they may not wait behind anything.
    """
    removed = ((m, "remove", h) for m, h in acknowledged.items() if m not in wanted)
    changed = (
        (m, "update" if m in acknowledged else "add", h)
        for m, h in wanted.items()
        if acknowledged.get(m) != h
    )
    return [*sorted(removed), *sorted(changed)]


def tell(operations: Iterable[tuple[str, str]], wanted: dict[str, Member]) -> tuple[Member, ...]:
    """Operations (member, operation) as lines of a file. A removal carries the customer id alone."""
    lines = []
    for member, operation in operations:
        known = wanted.get(member)
        if operation == "remove" or known is None:
            lines.append(Member("remove", member))
        else:
            lines.append(Member(operation, member, known.identifier_type, known.identifier, known.name))
    return tuple(lines)


def _in_audience(version: Path, audience: str) -> list[str]:
    table: Any = read_mart(version, "fct_audience_membership", ["audience", "customer_id"])
    mine = table.filter(pc.equal(table.column("audience"), audience))
    return sorted(mine.column("customer_id").to_pylist())


def _member(sync: Sync, customer_id: str, point: ContactPoint) -> Member:
    if sync.contact_point == "none":
        return Member("add", customer_id)
    return Member("add", customer_id, point.channel, point.address, point.greeting_name or "")
