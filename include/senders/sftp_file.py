"""Audience files by SFTP: one batch, one file whose name is its content, and a checksum beside it."""

import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from include.connections import Connection
from include.failpoints import failpoint
from include.senders.base import Receipt, closing_quietly
from include.senders.parts.layouts import LAYOUTS, Member
from include.senders.transports.sftp import SftpTransport

ERASURES = "erasures"


@dataclass(frozen=True)
class Request:
    """One batch of one audience."""

    folder: str
    audience: str
    business_date: date
    batch_id: str
    layout: str
    members: tuple[Member, ...]


class Transport(Protocol):
    """What `send` needs of a session."""

    def put_once(self, path: str, content: bytes) -> bool:
        """Put a file in place unless it is there already with this very content; whether it was new."""


def file_path(request: Request) -> str:
    """`<folder>/<audience>/<date>_<first 12 of the batch id>.csv`: the same batch, the same name."""
    return f"{request.folder}/{request.audience}/{request.business_date}_{request.batch_id[:12]}.csv"


def payload(request: Request) -> bytes:
    """The file's bytes; equal requests are equal bytes."""
    return LAYOUTS[request.layout](request.members)


def receipt(request: Request, content: bytes) -> Receipt:
    """A file is taken whole; its reference is its SHA-256."""
    return Receipt(accepted=len(request.members), reference=hashlib.sha256(content).hexdigest())


def send(transport: Transport, request: Request) -> Receipt:
    """Put the file in place, then its checksum. Sending again what is there already changes nothing."""
    path, content = file_path(request), payload(request)
    told = receipt(request, content)
    transport.put_once(path, content)
    failpoint("sync.after_file")
    transport.put_once(f"{path}.sha256", f"{told.reference}  {path.rsplit('/', 1)[-1]}\n".encode())
    return told


def erase(transport: Transport, folder: str, business_date: date, customer_ids: list[str]) -> Receipt:
    """Ask the receiver to forget these customers: a machine file of operation `erase`."""
    members = tuple(Member("erase", customer_id) for customer_id in sorted(set(customer_ids)))
    batch_id = hashlib.sha256("\n".join(m.customer_id for m in members).encode()).hexdigest()
    return send(transport, Request(folder, ERASURES, business_date, batch_id, "machine", members))


def connect(connection: Connection, timeout: float) -> AbstractContextManager[SftpTransport]:
    """A session that opens at its first file."""
    return closing_quietly(SftpTransport(connection, timeout))
