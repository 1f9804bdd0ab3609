"""Deliver the batches of a sync: each once, whatever crashes."""

import logging
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine

from include.clock import Clock
from include.connections import Connection
from include.errors import OmniError, OutcomeUnknown, RetryLater
from include.failpoints import failpoint
from include.ledger import batches, held
from include.ledger.batches import CLAIMED, PLANNED, UNKNOWN, VOID, InFlight
from include.ledger.cuts import Batch
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.plans import Moved, Plan, make_plan
from include.ledger.states import ClaimLost, Run
from include.senders.base import AudienceSender, Gone, Receipt, Refused, load_audience_sender
from include.settings import Settings
from include.warehouse.published import current, version_for

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
REPLANS = 5


@dataclass(frozen=True)
class Delivery:
    """One run of one sync over an open transport."""

    settings: Settings
    engine: Engine
    sync_name: str
    run: Run
    sender: AudienceSender
    transport: Any


def apply_sync(
    settings: Settings, sync_name: str, business_date: date, connection: Connection
) -> dict[str, int]:
    """Deliver what changed since the destination last acknowledged an audience.

    First settles batches that an earlier process left in flight, as far as the destination can tell whether
    they arrived. Then plans (again) and delivers. Run again after any crash, it goes on where it stopped.

    Returns:
        `batches`, `add`, `remove`, `update` acknowledged in this run, `refused` members, `members` of the
        audience, `waiting:<operation>` for a person's answer, and `held_back:<reason>`.

    Raises:
        RetryLater: the destination went away, what is in flight being looked for next time; or another run
            is delivering this sync.
        FixConnection, FixPayload: it refuses us, or holds another file under a batch's name.
    """
    sync = find_sync(sync_name)
    sender = load_audience_sender(sync.destination.sender)
    run = Run(business_date, Clock(settings, business_date).now())
    engine = open_ledger(settings)
    with sender.connect(sync.destination, connection, settings.client_timeout) as transport:
        delivery = Delivery(settings, engine, sync_name, run, sender, transport)
        counts = _deliver(delivery)
    engine.dispose()
    return counts


def _deliver(delivery: Delivery) -> dict[str, int]:
    counts: Counter[str] = Counter()
    sync = find_sync(delivery.sync_name)
    for _ in range(REPLANS):
        _resolve(delivery, counts)
        try:
            plan = make_plan(delivery.settings, sync, delivery.run.business_date, to_deliver=True)
            for batch in plan.batches:
                counts.update(_deliver_batch(delivery, plan, batch))
        except Moved:
            continue
        kept = {k: n for k, n in plan.counts.items() if k.startswith(("members", "held_back:", "waiting:"))}
        done = {name: counts[name] for name in ("batches", "add", "remove", "update")}
        return done | ({"refused": counts["refused"]} if counts["refused"] else {}) | kept
    raise RetryLater(f"{delivery.sync_name}: its plan changes faster than it is delivered")


def _deliver_batch(delivery: Delivery, plan: Plan, batch: Batch) -> dict[str, int]:
    """Claim, send, acknowledge. What goes wrong on the way leaves the batch unknown, to be looked for."""
    request = plan.request(batch)
    fence = _claim(delivery, plan, batch, delivery.sender.fingerprint(request))
    claimed = InFlight(batch.batch_id, delivery.sync_name, CLAIMED, fence)
    delivery.transport.beat = partial(_renew, delivery, claimed)
    try:
        failpoint("sync.before_send")
        receipt = delivery.sender.send(delivery.transport, request)
        failpoint("sync.after_send")
    except Gone as error:
        _doubt(delivery, claimed, str(error))
        raise Moved from error
    except OmniError as error:
        with suppress(ClaimLost), writing(delivery.engine, delivery.sync_name) as db:
            reason = error.reason if isinstance(error, Refused) else type(error).__name__
            batches.release(db, batch.batch_id, CLAIMED, fence, UNKNOWN, reason)
        raise
    return _acknowledge(delivery, claimed, receipt)


def _doubt(delivery: Delivery, claimed: InFlight, why: str) -> None:
    """What the destination has lost is planned anew; what waits for a person goes on waiting."""
    log.warning("%s: its members are told anew", why)
    with suppress(ClaimLost), writing(delivery.engine, delivery.sync_name) as db:
        batches.release(db, claimed.batch_id, CLAIMED, claimed.fence, VOID, "gone at the destination")
        held.doubt_all(db, delivery.sync_name)


def _renew(delivery: Delivery, claimed: InFlight) -> None:
    """Called before each request of a batch: one whose lease ran out and was taken over says no more."""
    try:
        with writing(delivery.engine, delivery.sync_name) as db:
            batches.renew(db, claimed, delivery.settings.lease)
    except ClaimLost as error:
        raise OutcomeUnknown(f"{claimed.sync}: another process has taken over this batch") from error


def _claim(delivery: Delivery, plan: Plan, batch: Batch, fingerprint: str) -> int:
    """Committed before anything is sent; only while the versions that it was planned on stand."""
    try:
        with writing(delivery.engine, delivery.sync_name) as db:
            is_newest = current(delivery.settings) == plan.contacts
            if not is_newest or version_for(delivery.settings, plan.business_date) != plan.membership:
                raise Moved
            now, lease = delivery.run.now, delivery.settings.lease
            fence = batches.claim(db, batch.batch_id, fingerprint, now, lease)
            failpoint("sync.before_claim")
    except ClaimLost as error:
        raise Moved from error
    failpoint("sync.after_claim")
    return fence


def _acknowledge(delivery: Delivery, row: InFlight, receipt: Receipt | None = None) -> dict[str, int]:
    """The batch and what the destination now holds, in one transaction."""
    refused = receipt.rejected if receipt else batches.NOBODY
    with writing(delivery.engine, delivery.sync_name) as db:
        counts = batches.acknowledge(db, row, delivery.run.now, refused)
        failpoint("sync.before_acknowledge")
    failpoint("sync.after_acknowledge")
    return {"batches": 1, **counts}


def _resolve(delivery: Delivery, counts: Counter[str]) -> None:
    """Ask the destination for batches in flight: there, acknowledged; not there, planned again.

    Where nobody can tell, the members of the batch are uncertain, and the next plan tells them again.
    """
    for row in _in_flight(delivery):
        found = delivery.sender.arrived(delivery.transport, row.reference, row.fingerprint)
        try:
            if found:
                counts.update(_acknowledge(delivery, row))
                continue
            with writing(delivery.engine, delivery.sync_name) as db:
                if found is None:
                    batches.give_up(db, row)
                else:
                    batches.release(db, row.batch_id, row.state, row.fence, PLANNED, "did not arrive")
                failpoint("sync.before_release")
            failpoint("sync.after_release")
        except ClaimLost:
            continue  # whoever held it has resolved it meanwhile


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
