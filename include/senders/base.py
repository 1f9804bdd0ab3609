"""What all senders share: the receipt, and errors that are about one item only."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from include.connections import Connection
from include.errors import FixPayload, RetryLater


@dataclass(frozen=True)
class Receipt:
    """What the destination said it took: how many items, which not and why, and its own word."""

    accepted: int
    rejected: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""


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

    def connect(self, connection: Connection, timeout: float) -> AbstractContextManager[Any]:
        """Open the transport; closed on leaving. Lazy: nothing happens before the first use."""

    def send(self, transport: Any, request: Any) -> Receipt:
        """Deliver one request."""


def load_sender(name: str) -> Sender:
    """The sender module of that file name."""
    return cast(Sender, importlib.import_module(f"include.senders.{name}"))


@contextmanager
def closing_quietly(transport: Any) -> Iterator[Any]:
    """Close a transport at the end; by then all has been said, so trouble in closing is ignored."""
    try:
        yield transport
    finally:
        transport.close()
