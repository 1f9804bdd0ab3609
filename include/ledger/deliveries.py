"""Deliver the batches of a sync: each once, whatever crashes."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, Row

from include.clock import Clock
from include.connections import Connection
from include.errors import OmniError, RetryLater
from include.failpoints import failpoint
from include.ledger import batches
from include.ledger.batches import CLAIMED, IN_FLIGHT, PLANNED, UNKNOWN, Batch
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.plans import Plan, make_plan
from include.ledger.states import ClaimLost, Run
from include.senders import sftp_file
from include.senders.base import Refused, load_sender
from include.settings import Settings
from include.warehouse.published import current

POLL_SECONDS = 0.2
REPLANS = 5


@dataclass(frozen=True)
class Delivery:
    """One run of one sync over an open transport."""

    settings: Settings
    engine: Engine
    sync_name: str
    run: Run
    sender: Any
    transport: Any


class Moved(Exception):
    """Since the plan was made, a newer version has been published or another process has delivered."""


def apply_sync(
    settings: Settings, sync_name: str, business_date: date, connection: Connection
) -> dict[str, int]:
    """Deliver what changed since the destination last acknowledged an audience.

    First looks for batches that an earlier process left in flight: the destination's own files say whether
    they arrived. Then plans (again) and delivers. Run again after any crash, it goes on where it stopped.

    Returns:
        `batches`, `members`, `add`, `remove`, `update` acknowledged in this run, and `held_back:<reason>`.

    Raises:
        RetryLater: the destination went away; what is in flight is looked for next time.
        FixConnection, FixPayload: it refuses us, or holds another file under a batch's name.
    """
    sync = find_sync(sync_name)
    sender: Any = load_sender(sync.destination.sender)
    run = Run(business_date, Clock(settings, business_date).now())
    engine = open_ledger(settings)
    with sender.connect(connection, settings.client_timeout) as transport:
        delivery = Delivery(settings, engine, sync_name, run, sender, transport)
        counts = _deliver(delivery)
    engine.dispose()
    return counts


def _deliver(delivery: Delivery) -> dict[str, int]:
    counts: Counter[str] = Counter()
    sync = find_sync(delivery.sync_name)
    for _ in range(REPLANS):
        _resolve(delivery, counts)
        plan = make_plan(delivery.settings, sync, delivery.run.business_date)
        try:
            for batch in plan.batches:
                counts.update(_deliver_batch(delivery, plan, batch))
        except Moved:
            continue
        kept = {k: v for k, v in plan.counts.items() if k == "members" or k.startswith("held_back")}
        return {name: counts[name] for name in ("batches", "add", "remove", "update")} | kept
    raise RetryLater(f"{delivery.sync_name}: published versions change faster than they are delivered")


def _deliver_batch(delivery: Delivery, plan: Plan, batch: Batch) -> dict[str, int]:
    """Claim, send, acknowledge. What goes wrong on the way leaves the batch unknown, to be looked for."""
    request = plan.request(batch)
    wanted = sftp_file.receipt(request, sftp_file.payload(request)).reference
    fence = _claim(delivery, plan, batch, wanted)
    try:
        failpoint("sync.before_send")
        delivery.sender.send(delivery.transport, request)
        failpoint("sync.after_send")
    except OmniError as error:
        with writing(delivery.engine) as db:
            reason = error.reason if isinstance(error, Refused) else type(error).__name__
            batches.release(db, batch.batch_id, CLAIMED, fence, UNKNOWN, reason)
        raise
    return _acknowledge(delivery, batch.batch_id, CLAIMED, fence)


def _claim(delivery: Delivery, plan: Plan, batch: Batch, file_sha256: str) -> int:
    """Committed before the file is sent; only while the contact points are still the newest."""
    try:
        with writing(delivery.engine) as db:
            if current(delivery.settings) != plan.contacts:
                raise Moved
            now, lease = delivery.run.now, delivery.settings.lease
            fence = batches.claim(db, batch.batch_id, file_sha256, now, lease)
            failpoint("sync.before_claim")
    except ClaimLost as error:
        raise Moved from error
    failpoint("sync.after_claim")
    return fence


def _acknowledge(delivery: Delivery, batch_id: str, before: str, fence: int) -> dict[str, int]:
    """The batch and what the destination now holds, in one transaction."""
    with writing(delivery.engine) as db:
        now = delivery.run.now
        counts = batches.acknowledge(db, delivery.sync_name, batch_id, before, fence, now)
        failpoint("sync.before_acknowledge")
    failpoint("sync.after_acknowledge")
    return {"batches": 1, **counts}


def _resolve(delivery: Delivery, counts: Counter[str]) -> None:
    """Look at the destination for batches in flight: there, acknowledged; not there, planned again."""
    for row in _in_flight(delivery):
        found = delivery.sender.arrived(delivery.transport, row.file_path, row.file_sha256)
        try:
            if found:
                counts.update(_acknowledge(delivery, row.batch_id, row.state, row.fence))
                continue
            with writing(delivery.engine) as db:
                batches.release(db, row.batch_id, row.state, row.fence, PLANNED, "did not arrive")
                failpoint("sync.before_release")
            failpoint("sync.after_release")
        except ClaimLost:
            continue  # whoever held it has resolved it meanwhile


def _in_flight(delivery: Delivery) -> list[Row[Any]]:
    """Batches whose outcome nobody is about to write; waits for live claims, a lease at most."""
    deadline = time.monotonic() + delivery.settings.lease
    while True:
        with delivery.engine.connect() as db:
            rows = batches.in_state(db, delivery.sync_name, *IN_FLIGHT)
        now = datetime.now(UTC)
        if time.monotonic() >= deadline or not any(r.state == CLAIMED and r.lease_until > now for r in rows):
            return rows
        time.sleep(POLL_SECONDS)
