"""What all senders share: the receipt, and errors that are about one item only."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, cast

from include.connections import Connection
from include.destinations import Destination
from include.errors import FixPayload, OutcomeUnknown, RetryLater
from include.senders.parts.members import Member


@dataclass(frozen=True)
class Receipt:
    """What the destination said it took: how many items, which not and why, and its own word."""

    accepted: int
    rejected: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""


@dataclass(frozen=True)
class Session:
    """Batches that belong together: those of one operation in one plan. `number` counts from 1 to `of`."""

    session_id: str
    number: int
    of: int


@dataclass(frozen=True)
class AudienceRequest:
    """One batch of one sync, as every sender of audiences takes it.

    `has_members`: the destination has acknowledged members of this sync before, and so has a place for them.
    """

    sync: str
    audience: str
    business_date: date
    batch_id: str
    layout: str
    folder: str
    members: tuple[Member, ...]
    session: Session
    has_members: bool = False


class Gone(FixPayload):
    """The destination has lost all that it held of this sync; nothing was said."""


class InDoubt(OutcomeUnknown, RetryLater):
    """It may have arrived; the next try looks for it before anything is sent again."""


class Untraceable(OutcomeUnknown):
    """A batch may have arrived, and nothing that can be seen says whether: only its receiver knows."""


class Refused(FixPayload):
    """This one item was refused for good; `reason` is a short code for the ledger."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotNow(RetryLater):
    """This one item was refused for now, before it was accepted; others may go on."""

    def __init__(self, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.reason = reason


class Sender(Protocol):
    """A module of this package."""

    def connect(
        self, destination: Destination, connection: Connection, timeout: float
    ) -> AbstractContextManager[Any]:
        """Open the transport; closed on leaving. Lazy: nothing happens before the first use."""

    def send(self, transport: Any, request: Any) -> Receipt:
        """Deliver one request."""


class AudienceSender(Sender, Protocol):
    """A sender of audiences, which also tells how to learn what became of a batch.

    A transport that makes several requests for one batch has `beat`, to be called before each of them. One
    that takes steps which cannot be seen afterwards has `note`, to be called with a step's name before it and
    after it was confirmed.

    `IS_LOOKED_FOR`: whether `arrived` looks for a batch by its fingerprint; else that is kept as a hash only.
    """

    IS_LOOKED_FOR: bool

    def reference(self, request: AudienceRequest) -> str:
        """What the batch is called at the destination."""

    def fingerprint(self, request: AudienceRequest) -> str:
        """SHA-256 of what will be handed over."""

    def arrived(
        self, transport: Any, reference: str, fingerprint: str, step: str | None = None
    ) -> bool | None:
        """Whether a batch of unknown outcome was taken; None where nobody can tell.

        Where nobody can tell, the destination must keep sets: saying it again then changes nothing.

        Args:
            step: what the transport noted last while the batch was sent; None: nothing.

        Raises:
            Untraceable: it may have been taken, and only its receiver knows; it must not be sent again.
        """


def load_sender(name: str) -> Sender:
    """The sender module of that file name."""
    return cast(Sender, importlib.import_module(f"include.senders.{name}"))


def load_audience_sender(name: str) -> AudienceSender:
    """The sender module of that file name, which must be one of audiences."""
    return cast(AudienceSender, load_sender(name))


@contextmanager
def closing_quietly(transport: Any) -> Iterator[Any]:
    """Close a transport at the end; by then all has been said, so trouble in closing is ignored."""
    try:
        yield transport
    finally:
        transport.close()
