"""E-mail by SMTP: one message to one address, with one-click unsubscribe."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Protocol

from include.connections import Connection
from include.destinations import Destination
from include.senders.base import Receipt, Refused, closing_quietly
from include.senders.parts.headers import clean_address, clean_text, header_line, verify
from include.senders.transports.smtp import SmtpTransport

# What its connection must look like; `disable_tls` is for a relay on loopback alone.
EXAMPLES = (
    {
        "conn_type": "smtp",
        "host": "smtp.relay.example",
        "port": 587,
        "login": "<user>",
        "password": "<password>",
        "extra": {"unsubscribe_secret": "<16 characters or more, never changed>"},
    },
)
ERASE = "The relay keeps no profiles: it forgets a message once delivered."


@dataclass(frozen=True)
class Request:
    """One message, written and addressed. Times aware; URLs https."""

    message_id: str
    sender_name: str
    sender_address: str
    reply_to: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    campaign: str
    language: str
    date: datetime
    unsubscribe_url: str = field(repr=False)
    max_bytes: int = 524_288


class Transport(Protocol):
    """What `send` needs of a session."""

    def deliver(self, sender: str, recipient: str, content: bytes) -> str:
        """Hand over one message; returns the relay's word."""


def payload(request: Request) -> bytes:
    """The finished message: ASCII headers that were read back and found as meant, CRLF lines.

    Raises:
        Refused: it cannot be said safely (`bad_address`, `unsafe_header`) or is `too_large`.
    """
    subject = clean_text(request.subject)
    headers = _headers(request, subject)
    body = _body(request)
    top = b"".join(header_line(name, value) for name, value in headers)
    message = top + body.as_bytes(policy=policy.SMTP.clone(max_line_length=998))
    if len(message) > request.max_bytes:
        raise Refused("too_large", f"{len(message)} bytes; the relay takes {request.max_bytes}")
    names = [name for name, _ in headers] + list(body.keys())
    verify(message, names, clean_address(request.recipient), subject)
    return message


def receipt(reply: str) -> Receipt:
    """An acceptance is for the one message."""
    return Receipt(accepted=1, reference=reply)


def send(transport: Transport, request: Request) -> Receipt:
    """Deliver one message. The recipient of the envelope is the recipient of the header."""
    content = payload(request)
    return receipt(transport.deliver(request.sender_address, clean_address(request.recipient), content))


def connect(
    destination: Destination, connection: Connection, timeout: float
) -> AbstractContextManager[SmtpTransport]:
    """A session that opens at its first message."""
    return closing_quietly(SmtpTransport(connection, timeout))


def _headers(request: Request, subject: str) -> list[tuple[str, str]]:
    return [
        ("Date", format_datetime(request.date)),
        ("From", formataddr((clean_text(request.sender_name), request.sender_address))),
        ("Reply-To", request.reply_to),
        ("To", clean_address(request.recipient)),
        ("Subject", subject),
        ("Message-ID", f"<{request.message_id}>"),
        ("Content-Language", request.language),
        ("X-Campaign", clean_text(request.campaign)),
        ("List-Unsubscribe", f"<{request.unsubscribe_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
    ]


def _body(request: Request) -> EmailMessage:
    """Plain text and HTML; the boundary comes from the Message-ID, so equal messages are equal bytes."""
    body = EmailMessage(policy=policy.SMTP)
    body.set_content(request.text, cte="quoted-printable")
    body.add_alternative(request.html, subtype="html", cte="quoted-printable")
    body.set_boundary(f"=_{request.message_id[:40].replace('@', '_')}")
    return body
