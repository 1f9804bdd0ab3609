"""Send what is due. Run again after any crash, it goes on where the ledger says it stopped."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from include.brand import load_brand
from include.clock import Clock
from include.connections import Connection
from include.destinations import Destination, destination_of
from include.errors import FixConnection, FixDeclaration, RetryLater
from include.ledger import states
from include.ledger.claims import Queue, next_claim
from include.ledger.contacts import Contacts
from include.ledger.engine import open_ledger
from include.ledger.hashes import keys_of
from include.ledger.leases import mark_expired, wait_for_others
from include.ledger.letters import Claim, Desk, unsubscribe_secret
from include.ledger.models import Message
from include.ledger.outcomes import attempt, write_outcome
from include.ledger.rules import Refusal
from include.ledger.states import ClaimLost
from include.ledger.withdrawn import may_leave
from include.senders.base import Sender, load_sender
from include.settings import Settings
from include.templates.brand_check import check_journey
from include.templates.renderer import Renderer

CHANNEL = "email"


@dataclass(frozen=True)
class Post:
    """One dispatch: the queue it takes from, the desk it writes at, the line it sends over."""

    queue: Queue
    desk: Desk
    sender: Sender
    transport: Any
    timeout: float


def dispatch(
    settings: Settings, business_date: date, connections: Mapping[str, Connection]
) -> dict[str, int]:
    """Send every planned message of this date and earlier ones that is due.

    A sandbox clock is moved on to each due time, up to the next night; on a wall clock what is due
    later is left for a later run. Claims left by a process that died are waited for and become unknown.

    Args:
        connections: by conn_id; the one that the channel's destination names must be there.

    Returns:
        How many changed to each `state` or `state:reason` in this run.

    Raises:
        FixConnection: the destination refuses us; nothing further was tried.
        RetryLater: the destination cannot be reached; all that was not handed over stays planned.
        FixDeclaration: a template breaks the brand guide or does not render; nothing was sent.
    """
    counts: Counter[str] = Counter()
    with _open_post(settings, business_date, connections) as post:
        counts["unknown:lease_expired"] += mark_expired(post.queue.engine, post.queue.run)
        _check_templates(post)
        while True:
            _drain(post, counts)
            waited = wait_for_others(post.queue.engine, post.queue.run, post.queue.lease)
            counts["unknown:lease_expired"] += waited
            if not _is_due(post.queue):
                return dict(sorted((+counts).items()))


@contextmanager
def _open_post(
    settings: Settings, business_date: date, connections: Mapping[str, Connection]
) -> Iterator[Post]:
    destination = destination_of(CHANNEL)
    connection = _pick(connections, destination)
    if settings.lease <= settings.client_timeout:
        raise FixDeclaration("OMNI_LEASE must be more than OMNI_CLIENT_TIMEOUT")
    with ExitStack() as stack:
        renderer = stack.enter_context(Renderer())
        secret = unsubscribe_secret(connection)
        engine = open_ledger(settings)
        stack.callback(engine.dispose)
        keys = keys_of(engine)
        sender = load_sender(destination.sender)
        transport = stack.enter_context(sender.connect(destination, connection, settings.client_timeout))
        queue = Queue(
            engine=engine,
            destination=destination,
            contacts=Contacts(settings, keys),
            business_date=business_date,
            clock=Clock(settings, business_date),
            last_due=Clock(settings, business_date + timedelta(days=1)).now() - timedelta(microseconds=1),
            lease=settings.lease,
        )
        desk = Desk(load_brand(), destination, renderer, secret, keys)
        yield Post(queue, desk, sender, transport, settings.client_timeout)


def _pick(connections: Mapping[str, Connection], destination: Destination) -> Connection:
    if destination.connection not in connections:
        raise FixConnection(f"{destination.name} needs the connection {destination.connection}")
    return connections[destination.connection]


def _drain(post: Post, counts: Counter[str]) -> None:
    """Claim and send until nothing is due."""
    failures = 0
    while (claim := next_claim(post.queue)) is not None:
        if isinstance(claim, Refusal):
            counts[_label(claim)] += 1
            continue
        error = _send(post, claim, counts)
        failures = failures + 1 if error else 0
        if isinstance(error, FixConnection) or failures >= post.queue.destination.limits.failures_in_a_row:
            raise error if error else RetryLater("unreachable")


def _send(post: Post, claim: Claim, counts: Counter[str]) -> Exception | None:
    """One message; the error that is about the destination rather than the message, if there was one."""
    try:
        outcome = attempt(post.sender, post.transport, post.desk, claim, post.queue.run, post.timeout)
        write_outcome(post.queue.engine, claim, outcome, post.queue.run)
    except ClaimLost:
        counts["lost"] += 1
        return None
    counts[f"{outcome.to}:{outcome.reason}" if outcome.reason else outcome.to] += 1
    return outcome.error


def _label(refusal: Refusal) -> str:
    if refusal.until is not None:
        return f"{states.PLANNED}:{refusal.reason}"
    return states.EXPIRED if refusal.reason == states.EXPIRED else f"{states.SUPPRESSED}:{refusal.reason}"


def _waiting(post: Post) -> list[tuple[str, str]]:
    """Journey and step of what is planned on this channel."""
    mine = (Message.state == states.PLANNED, Message.channel == post.queue.destination.channel, may_leave())
    with post.queue.engine.connect() as db:
        rows = db.execute(select(Message.journey, Message.step).where(*mine).distinct()).all()
    return sorted((row.journey, row.step) for row in rows)


def _check_templates(post: Post) -> None:
    for journey, step in _waiting(post):
        if not post.desk.renderer.has(journey, step, CHANNEL):
            raise FixDeclaration(f"include/templates/{journey}: no {CHANNEL}.subject.j2 for step {step}")
        check_journey(post.desk.renderer, post.desk.brand, journey, step)


def _is_due(queue: Queue) -> bool:
    mine = (Message.state == states.PLANNED, Message.channel == queue.destination.channel, may_leave())
    soon = (Message.due_at <= queue.horizon, Message.business_date <= queue.business_date)
    with queue.engine.connect() as db:
        return db.execute(select(Message.message_key).where(*mine, *soon).limit(1)).first() is not None
