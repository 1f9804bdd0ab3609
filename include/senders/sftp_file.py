"""Audience files by SFTP: one batch, one file whose name is its content, and a checksum beside it."""

import hashlib
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from include.connections import Connection
from include.destinations import Destination
from include.failpoints import failpoint
from include.senders.base import AudienceRequest as Request
from include.senders.base import Receipt, Refused, Session, Untraceable, closing_quietly
from include.senders.parts.layouts import LAYOUTS
from include.senders.parts.members import Member
from include.senders.transports.sftp import PARTIAL, SftpTransport, placed, placing

# What its connection must look like; the server's owner says its host key.
EXAMPLES = (
    {
        "conn_type": "sftp",
        "host": "sftp.mailhouse.example",
        "port": 22,
        "login": "<user>",
        "password": "<password>",
        "extra": {"host_key": "ssh-ed25519 AAAA…"},
    },
)
ERASURES = "erasures"
IS_LOOKED_FOR = True


class Transport(Protocol):
    """What `send` needs of a session."""

    def put_once(self, path: str, content: bytes) -> bool:
        """Put a file in place unless it is there already with this very content; whether it was new."""

    def find(self, path: str) -> str | None:
        """SHA-256 of a file that is there; None if there is none."""


def reference(request: Request) -> str:
    """`<folder>/<audience>/<date>_<first 12 of the batch id>.csv`: the same batch, the same name."""
    return f"{request.folder}/{request.audience}/{request.business_date}_{request.batch_id[:12]}.csv"


def payload(request: Request) -> bytes:
    """The file's bytes; equal requests are equal bytes."""
    return LAYOUTS[request.layout](request.members)


def fingerprint(request: Request) -> str:
    """SHA-256 of the file."""
    return hashlib.sha256(payload(request)).hexdigest()


def receipt(request: Request, content: bytes) -> Receipt:
    """A file is taken whole; its reference is its SHA-256."""
    return Receipt(accepted=len(request.members), reference=hashlib.sha256(content).hexdigest())


def send(transport: Transport, request: Request) -> Receipt:
    """Put the file in place, then its checksum. Sending again what is there already changes nothing."""
    path, content = reference(request), payload(request)
    told = receipt(request, content)
    transport.put_once(path, content)
    failpoint("sync.after_file")
    transport.put_once(*_checksum(path, told.reference))
    return told


def arrived(transport: Transport, path: str, sha256: str, step: str | None = None) -> bool:
    """Whether a file that was on its way has arrived; then its checksum is put beside it.

    Its receiver may have taken it away by now. So it has arrived where its renaming was confirmed, and has
    not where it was never asked for, or where the temporary file is still there.

    Raises:
        Refused: another file has that name (`name_taken`).
        Untraceable: its renaming was asked for and not confirmed, and neither name is there.
    """
    checksum = _checksum(path, sha256)
    beside = (placing(checksum[0]), placed(checksum[0]))
    if step not in (placed(path), *beside) and not _is_in_place(transport, path, sha256):
        if step == placing(path) and transport.find(path + PARTIAL) is None:
            raise Untraceable(
                f"the answer to the renaming of {path} was lost, and it is there under neither of its names"
            )
        return False
    # a checksum whose renaming was asked for is there, or was taken away, unless it has its temporary name
    if step not in beside or transport.find(checksum[0] + PARTIAL) is not None:
        transport.put_once(*checksum)
    return True


def erase(transport: Transport, folder: str, business_date: date, customer_ids: list[str]) -> Receipt:
    """Ask the receiver to forget these customers: a machine file of operation `erase`."""
    members = tuple(Member("erase", customer_id) for customer_id in sorted(set(customer_ids)))
    batch_id = hashlib.sha256("\n".join(m.customer_id for m in members).encode()).hexdigest()
    alone = Session(batch_id, 1, 1)
    request = Request(ERASURES, ERASURES, business_date, batch_id, "machine", folder, members, alone)
    return send(transport, request)


def connect(
    destination: Destination, connection: Connection, timeout: float
) -> AbstractContextManager[SftpTransport]:
    """A session that opens at its first file."""
    return closing_quietly(SftpTransport(connection, timeout))


def _is_in_place(transport: Transport, path: str, sha256: str) -> bool:
    found = transport.find(path)
    if found not in (None, sha256):
        raise Refused("name_taken", f"{path} is there with other content")
    return found is not None


def _checksum(path: str, sha256: str) -> tuple[str, bytes]:
    """Path and content of the file that stands beside an audience file."""
    return f"{path}.sha256", f"{sha256}  {path.rsplit('/', 1)[-1]}\n".encode()
