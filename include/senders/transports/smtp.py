"""SMTP over one session. Says exactly whether a message was refused, accepted, or may have been."""

import re
import smtplib
import time
from collections.abc import Callable
from typing import NoReturn

from include.connections import Connection, unfit
from include.errors import FixConnection, OutcomeUnknown, RetryLater
from include.failpoints import failpoint
from include.networks import is_loopback, tls_context, tls_fault
from include.normalise.emails import is_deliverable
from include.senders.base import NotNow, Refused

AUTH_CODES = frozenset({530, 534, 535, 538})
# Enhanced codes (RFC 3463, and those that relays use beside it) of refusals that are about us, at whatever
# step they come: our sender address, our login, our right to send.
ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
ABOUT_US = frozenset({"5.1.7", "5.1.8", "5.7.8", "5.7.9", "5.7.11", "5.7.57", "5.7.60"})
TLS_FROM_THE_START = 465  # the port; on any other, STARTTLS
DOT = re.compile(rb"(?m)^\.")
ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
Reply = tuple[int, bytes]


class SmtpTransport:
    """Opens at the first message, and again after the relay hung up.

    `timeout` bounds one message. Only where `needs_login` is False may a connection have no login.
    """

    def __init__(self, connection: Connection, timeout: float, needs_login: bool = True) -> None:
        self._connection = connection
        self._timeout = timeout
        self._needs_login = needs_login
        self._session: smtplib.SMTP | None = None

    def deliver(self, sender: str, recipient: str, content: bytes) -> str:
        """Hand over one message; returns the relay's word of acceptance.

        Raises:
            NotNow, Refused: the relay refused this message for now, or for good.
            RetryLater: the relay is not there; nothing was handed over.
            FixConnection: it refused our login, or our sender address.
            OutcomeUnknown: the message was on its way when the relay fell silent.
        """
        if not is_deliverable(recipient):
            raise Refused("bad_address", "some mail programs take the address for a command or a route")
        deadline = time.monotonic() + self._timeout
        session = self._open(deadline)
        try:
            self._ask(deadline, lambda: session.mail(sender), by_us=True)
            self._ask(deadline, lambda: session.rcpt(recipient))
            self._ask(deadline, lambda: session.docmd("data"), wanted=354)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RetryLater(f"the relay went away before it took the message: {error}") from error
        return self._hand_over(session, content, deadline)

    def close(self) -> None:
        """Say goodbye if the relay still listens."""
        session, self._session = self._session, None
        if session is not None:
            try:
                session.quit()
            except (OSError, smtplib.SMTPException):
                session.close()

    def _hand_over(self, session: smtplib.SMTP, content: bytes, deadline: float) -> str:
        try:
            self._bound(deadline)
            session.send(DOT.sub(b"..", content.removesuffix(b"\r\n")) + b"\r\n.\r\n")
            failpoint("dispatch.after_data")
            self._bound(deadline)
            code, said = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise OutcomeUnknown(f"no reply after the message was handed over: {error}") from error
        if not 200 <= code < 300:
            if not _is_refusal(code):
                self._drop()
                raise OutcomeUnknown(f"no clear reply after the message was handed over: {code}")
            self._complain((code, said), by_us=False)
        return f"{code} {said.decode('utf-8', 'replace')}"

    def _ask(self, deadline: float, step: Callable[[], Reply], wanted: int = 0, by_us: bool = False) -> None:
        self._bound(deadline)
        code, said = step()
        if not (code == wanted or (not wanted and code // 100 == 2)):
            self._complain((code, said), by_us)

    def _complain(self, reply: Reply, by_us: bool) -> NoReturn:
        """Sort a refusal. `by_us`: it is about our own address, so every message would meet it."""
        code, said = reply[0], ADDRESS.sub("<address>", reply[1].decode("utf-8", "replace"))[:200]
        if not _is_refusal(code):
            self._drop()
            raise RetryLater(f"{self._connection.conn_id}: the relay's reply makes no sense: {code} {said}")
        self._reset(code)
        enhanced = ENHANCED.match(said)
        is_about_us = by_us or (enhanced is not None and enhanced[1] in ABOUT_US)
        if code in AUTH_CODES or (is_about_us and code >= 500):
            raise FixConnection(f"{self._connection.conn_id}: the relay refuses us: {code} {said}")
        if code == 421:
            raise RetryLater(f"the relay is closing: {code}")
        if by_us:
            raise RetryLater(
                f"{self._connection.conn_id}: the relay takes nothing from us now: {code} {said}"
            )
        if code < 500:
            raise NotNow(f"smtp_{code}", f"refused for now: {code} {said}")
        raise Refused(f"smtp_{code}", f"refused: {code} {said}")

    def _open(self, deadline: float) -> smtplib.SMTP:
        if self._session is None:
            try:
                self._session = self._greet()
                self._bound(deadline)
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code < 500:
                    raise RetryLater(f"login is not possible now: {error.smtp_code}") from error
                raise FixConnection(
                    f"{self._connection.conn_id}: login refused ({error.smtp_code})"
                ) from None
            except smtplib.SMTPNotSupportedError as error:
                raise FixConnection(f"{self._connection.conn_id}: {error}") from error
            except (OSError, smtplib.SMTPException) as error:
                if fault := _permanent(error):
                    raise FixConnection(f"{self._connection.conn_id}: {fault}") from error
                raise RetryLater(f"{self._connection.conn_id}: relay not reached: {error}") from error
        return self._session

    def _greet(self) -> smtplib.SMTP:
        """Connect and log in. TLS, unless the relay is on this machine and extra says `disable_tls`."""
        to, is_plain = self._connection, bool(self._connection.extra.get("disable_tls"))
        if self._needs_login and not (to.login and to.password):
            raise unfit(to, "login and password are required")
        to.require("host")
        if not (to.login + to.password).isascii():
            raise unfit(to, "login and password must be ASCII: the relay's login knows nothing else")
        where = (to.host, to.port or (25 if is_plain else 587))
        if is_plain and where[1] != TLS_FROM_THE_START and not is_loopback(to.host):
            raise unfit(to, "`disable_tls` is for loopback alone: mail and login would travel in the clear")
        session: smtplib.SMTP
        try:
            if where[1] == TLS_FROM_THE_START:
                session = smtplib.SMTP_SSL(*where, timeout=self._timeout, context=tls_context(to))
            else:
                session = smtplib.SMTP(*where, timeout=self._timeout)
                if not is_plain:
                    session.starttls(context=tls_context(to))
            session.ehlo_or_helo_if_needed()
            if to.login:
                _log_in(session, to)
        except BaseException:
            if "session" in locals():
                session.close()
            raise
        return session

    def _bound(self, deadline: float) -> None:
        """Let the next step wait no longer than what is left."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this message is used up")
        if self._session is not None and self._session.sock is not None:
            self._session.sock.settimeout(left)

    def _reset(self, code: int) -> None:
        """Make the session fit for the next message, or drop it."""
        try:
            if code == 421 or self._session is None or self._session.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _permanent(error: Exception) -> str | None:
    """What is wrong for good where a relay could not be reached; None if it may pass."""
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError) and error.smtp_code >= 500:
        return f"the relay greets us with {error.smtp_code}: it takes no mail from here"
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
        return f"the relay refuses TLS or the login with {error.smtp_code}"
    return tls_fault(error)


def _is_refusal(code: int) -> bool:
    """Whether a reply's code says no, for now or for good; anything else in its place says nothing."""
    return 400 <= code < 600


def _log_in(session: smtplib.SMTP, to: Connection) -> None:
    """One try with one mechanism: a refused password is not tried again in another form."""
    offered = session.esmtp_features.get("auth", "").upper().split()
    session.user, session.password = to.login, to.password
    if "PLAIN" in offered:
        session.auth("PLAIN", session.auth_plain)
    elif "LOGIN" in offered:
        session.auth("LOGIN", session.auth_login)
    else:
        raise smtplib.SMTPNotSupportedError("the relay offers no login we know (PLAIN, LOGIN)")
