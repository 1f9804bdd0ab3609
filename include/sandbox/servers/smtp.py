"""The e-mail platform's SMTP door: logged-in senders only; on disk before the 250."""

import asyncio
import email
import email.policy
import logging
import re
import secrets
import warnings
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from include.sandbox.access import Door
from include.sandbox.faults import FaultBoard
from include.sandbox.mail import Mail, digest

HOSTNAME = "relay.sandbox.example"
_TOKEN = re.compile(r"[?&]token=([^&>\s]+)")


class _Handler:
    """Takes messages for `mail`, unless a fault says otherwise."""

    def __init__(self, mail: Mail, faults: FaultBoard) -> None:
        self._mail, self._faults = mail, faults

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._faults.strikes("smtp", "refuse_452"):
            return "452 4.2.2 mailbox full, try again later"
        content = envelope.original_content or b""
        accepted = [_entry(content, envelope.mail_from or "", to) for to in envelope.rcpt_tos]
        await asyncio.to_thread(self._mail.keep, content)
        await asyncio.to_thread(self._mail.accept, accepted)
        if self._faults.strikes("smtp", "drop_after_data"):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(60)  # cancelled as the connection goes: no reply is ever written
        return f"250 2.0.0 accepted as {self._mail.count}"


def smtp_factory(mail: Mail, door: Door, faults: FaultBoard) -> Any:
    """Protocol factory for `loop.create_server`; AUTH PLAIN and LOGIN with the door's password."""

    logging.getLogger("mail.log").setLevel(logging.ERROR)

    def make() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of passwords without TLS; this is loopback
            return SMTP(
                _Handler(mail, faults),
                hostname=HOSTNAME,
                ident="sandbox",
                enable_SMTPUTF8=True,
                authenticator=_authenticator(door),
                auth_required=True,
                auth_require_tls=False,
                loop=asyncio.get_running_loop(),
            )

    return make


def _authenticator(door: Door) -> Any:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and secrets.compare_digest(
            data.login + b"\0" + data.password, f"{door.login}\0{door.password}".encode()
        )
        return AuthResult(success=is_right, handled=False)

    return authenticate


def _entry(content: bytes, sender: str, recipient: str) -> dict[str, Any]:
    """The line of the log for one recipient; headers as the receiver reads them."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    token = _TOKEN.search(_header(message, "List-Unsubscribe"))
    return {
        "message_id": _header(message, "Message-ID").strip("<> "),
        "recipient": recipient,
        "from": _header(message, "From") or sender,
        "subject": _header(message, "Subject"),
        "date": _header(message, "Date"),
        "campaign": _header(message, "X-Campaign") or None,
        "unsubscribe_token": token.group(1) if token else None,
        "sha256": digest(content),
    }


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()
