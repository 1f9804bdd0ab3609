"""Batches in flight: held while they are sent, and settled where an earlier process left them."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from include.errors import OutcomeUnknown, RetryLater
from include.failpoints import failpoint
from include.ledger import batches
from include.ledger.batches import CLAIMED, PLANNED, UNKNOWN, InFlight
from include.ledger.engine import writing
from include.ledger.states import ClaimLost, Run
from include.senders.base import AudienceSender, Receipt, Untraceable
from include.settings import Settings

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Delivery:
    """One run of one sync over an open transport."""

    settings: Settings
    engine: Engine
    sync_name: str
    run: Run
    sender: AudienceSender
    transport: Any


class TakenOver(OutcomeUnknown):
    """Another process holds this batch by now."""


class Holder:
    """A batch in flight in the hands of this process; `row` is as it was last written."""

    def __init__(self, delivery: Delivery, row: InFlight) -> None:
        self._delivery, self.row = delivery, row

    def beat(self) -> None:
        """Called before each request of a batch: one whose lease ran out and was taken over says no more."""
        with self._taken_over(), writing(self._delivery.engine, self.row.sync) as db:
            batches.renew(db, self.row, self._delivery.settings.lease)

    def note(self, step: str) -> None:
        """Called around each step that cannot be seen afterwards: committed before the sender goes on."""
        with self._taken_over(), writing(self._delivery.engine, self.row.sync) as db:
            row = batches.note(db, self.row, step, self._delivery.settings.lease)
        self.row = row

    @contextmanager
    def _taken_over(self) -> Iterator[None]:
        try:
            yield
        except ClaimLost as error:
            raise TakenOver(f"{self.row.sync}: another process has taken over this batch") from error


def acknowledge(delivery: Delivery, row: InFlight, receipt: Receipt | None = None) -> dict[str, int]:
    """The batch and what the destination now holds, in one transaction."""
    refused = receipt.rejected if receipt else batches.NOBODY
    with writing(delivery.engine, delivery.sync_name) as db:
        counts = batches.acknowledge(db, row, delivery.run.now, refused)
        failpoint("sync.before_acknowledge")
    failpoint("sync.after_acknowledge")
    return {"batches": 1, **counts}


def resolve(delivery: Delivery, counts: Counter[str]) -> None:
    """Ask the destination for batches in flight: there, acknowledged; not there, planned again.

    Where nobody can know, the members of the batch are uncertain, and the next plan sends them again.

    Raises:
        OutcomeUnknown: a batch must not be sent again unless a person says that it has not arrived.
    """
    untraceable = []
    for row in _in_flight(delivery):
        with suppress(ClaimLost, TakenOver):  # another process has resolved it meanwhile
            try:
                _resolve_one(delivery, counts, row)
            except Untraceable as error:
                untraceable.append(_ask_a_person(delivery, row, error))
    if untraceable:
        raise OutcomeUnknown("; ".join(untraceable))


def _resolve_one(delivery: Delivery, counts: Counter[str], row: InFlight) -> None:
    holder, transport = Holder(delivery, row), delivery.transport
    transport.beat, transport.note = (lambda: None), holder.note
    found = delivery.sender.arrived(transport, row.reference, row.fingerprint, row.reason)
    if found:
        counts.update(acknowledge(delivery, holder.row))
        return
    with writing(delivery.engine, delivery.sync_name) as db:
        if found is None:
            batches.give_up(db, holder.row)
        else:
            batches.release(db, holder.row, PLANNED, "did not arrive")
        failpoint("sync.before_release")
    failpoint("sync.after_release")


def _ask_a_person(delivery: Delivery, row: InFlight, error: Untraceable) -> str:
    """Leave a batch unknown, and say how a person settles it."""
    with writing(delivery.engine, delivery.sync_name) as db:
        batches.release(db, row, UNKNOWN, row.reason)
    batch = row.batch_id[:12]
    return (
        f"{row.sync}: {error}. It is not sent again, and nothing more of this sync is sent, until its "
        f"receiver has been asked whether it arrived. Then: python -m include.ledger --arrived {batch} or "
        f"python -m include.ledger --not-arrived {batch}, and clear the task"
    )


def _in_flight(delivery: Delivery) -> list[InFlight]:
    """Batches whose outcome nobody is about to write; a dead process's claim ends within a lease.

    A claim that nobody renewed for a whole lease is a dead one, whatever a wall clock that jumped says of it.

    Raises:
        RetryLater: another process renews its claim: it is at work, and is not taken over.
    """
    deadline = time.monotonic() + delivery.settings.lease
    first: list[InFlight] | None = None
    while True:
        with delivery.engine.connect() as db:
            rows = batches.in_flight(db, delivery.sync_name)
        first = rows if first is None else first
        now = datetime.now(UTC)
        live = [row for row in rows if _is_live(row, now)]
        if not live:
            return rows
        if time.monotonic() >= deadline:
            if all(row in first for row in live):
                return rows
            raise RetryLater(f"{delivery.sync_name}: another run is delivering it")
        time.sleep(POLL_SECONDS)


def _is_live(row: InFlight, now: datetime) -> bool:
    return row.state == CLAIMED and row.lease_until is not None and row.lease_until > now
