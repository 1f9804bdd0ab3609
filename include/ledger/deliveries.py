"""Deliver the batches of a sync: each once, whatever crashes."""

import logging
from collections import Counter
from contextlib import suppress
from datetime import date

from include.clock import Clock
from include.connections import Connection
from include.errors import OmniError, RetryLater
from include.failpoints import failpoint
from include.ledger import batches, held
from include.ledger.batches import CLAIMED, UNKNOWN, VOID, InFlight
from include.ledger.cuts import Batch
from include.ledger.engine import open_ledger, writing
from include.ledger.exposures import find_sync
from include.ledger.hashes import keys_of
from include.ledger.in_flight import Delivery, Holder, acknowledge, resolve
from include.ledger.plans import Moved, Plan, make_plan
from include.ledger.states import ClaimLost, Run
from include.senders.base import AudienceRequest, Gone, Refused, load_audience_sender
from include.settings import Settings
from include.warehouse.published import current, version_for

log = logging.getLogger(__name__)

REPLANS = 5


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
        OutcomeUnknown: an answer was lost. Where the destination shows no trace of the batch either, it stays
            unknown, and nothing more of the sync is sent, until a person settles it: the message says how.
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
        resolve(delivery, counts)
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
    fence = _claim(delivery, plan, batch, _fingerprint(delivery, request))
    holder = Holder(delivery, InFlight(batch.batch_id, delivery.sync_name, CLAIMED, fence))
    delivery.transport.beat, delivery.transport.note = holder.beat, holder.note
    try:
        failpoint("sync.before_send")
        receipt = delivery.sender.send(delivery.transport, request)
        failpoint("sync.after_send")
    except Gone as error:
        _doubt(delivery, holder.row, str(error))
        raise Moved from error
    except OmniError as error:
        with suppress(ClaimLost), writing(delivery.engine, delivery.sync_name) as db:
            why = error.reason if isinstance(error, Refused) else type(error).__name__
            batches.release(db, holder.row, UNKNOWN, holder.row.reason or why)  # a noted step is not lost
        raise
    return acknowledge(delivery, holder.row, receipt)


def _fingerprint(delivery: Delivery, request: AudienceRequest) -> str:
    """What is handed over, hashed for the ledger: a file's own checksum, which its receiver has too, and what
    nobody looks for (it may be of one person) under the installation's keys."""
    fingerprint = delivery.sender.fingerprint(request)
    if delivery.sender.IS_LOOKED_FOR:
        return fingerprint
    return keys_of(delivery.engine).raised(fingerprint, 0)


def _doubt(delivery: Delivery, claimed: InFlight, why: str) -> None:
    """What the destination has lost is planned anew; what waits for a person goes on waiting."""
    log.warning("%s: its members are told anew", why)
    with suppress(ClaimLost), writing(delivery.engine, delivery.sync_name) as db:
        batches.release(db, claimed, VOID, "gone at the destination")
        held.doubt_all(db, delivery.sync_name)


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
