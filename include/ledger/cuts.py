"""Cut a plan into batches of the destination's size, each named by its content."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from include.ledger.exposures import Sync
from include.ledger.guards import Operation
from include.senders.base import Session


@dataclass(frozen=True)
class Batch:
    """A part of a plan, small enough for its destination."""

    batch_id: str
    session: Session
    operations: tuple[Operation, ...]


def cut(sync: Sync, business_date: date, base: int, operations: Sequence[Operation]) -> Iterator[Batch]:
    """Batches of the destination's size, each named by its content; removals come first.

    Args:
        base: how many batches the destination has acknowledged so far. The same change a second time,
            after it was undone, is another batch; the same plan again is the same one.
    """
    size = sync.destination.limits.members_per_batch
    content = [
        *(sync.destination.name, sync.audience, sync.name, str(business_date)),
        *(sync.layout, sync.contact_point, sync.purpose, base),
    ]
    for kind in _kinds(sync, operations):
        parts = [tuple(kind[start : start + size]) for start in range(0, len(kind), size)]
        session = _name([*content, sorted(kind)])
        for number, part in enumerate(parts, 1):
            yield Batch(_name([*content, sorted(part)]), Session(session, number, len(parts)), part)


def _kinds(sync: Sync, operations: Sequence[Operation]) -> list[Sequence[Operation]]:
    """The operations as the destination takes them: all in one, or each kind on its own."""
    if sync.destination.mixes_operations:
        return [operations] if operations else []
    kinds = [[o for o in operations if o[1] == kind] for kind in ("remove", "add", "update")]
    return [kind for kind in kinds if kind]


def _name(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
