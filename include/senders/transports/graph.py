"""Graph API over HTTPS: says exactly whether a request was refused, taken, or may have been.

The connection: host, password (the token), extra `ad_account_id` (`act_…`), `app_secret` and, where the
default will not do, `api_version`. The token travels in a header alone: addresses end up in logs.
"""

import hashlib
import hmac
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_before_delay

from include.answers import Session, countable, detached
from include.answers import body as read
from include.connections import Connection, fits_header, unfit
from include.destinations import Destination
from include.errors import FixConnection, FixPayload, FixSource, OmniError, OutcomeUnknown, RetryLater
from include.networks import tls_fault
from include.senders.transports.graph_errors import Busy, Doubt, Replies, whole

# What its connection must look like; `api_version` may be left out.
EXAMPLES = (
    {
        "conn_type": "http",
        "host": "https://graph.facebook.com",
        "password": "<token of the system user>",
        "extra": {
            "ad_account_id": "act_<digits>",
            "app_secret": "<secret of the app>",
            "api_version": "v23.0",
        },
    },
)
VERSION = "v23.0"
LONGEST_CURSOR = 4096  # more no address holds
PAGE, MOST_PAGES = 200, 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 4.0

# It logs every address it asks, with the proof of the secret in it.
logging.getLogger("httpx").setLevel(logging.WARNING)


class GraphTransport:
    """Opens at the first request. `timeout` bounds one answer, and the waits between tries of one request.

    `beat` is called before each request: whoever holds a claim meanwhile renews it there, or raises.
    """

    def __init__(self, destination: Destination, connection: Connection, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout
        self.beat: Callable[[], None] = lambda: None
        self._client: Session | None = None
        secret = str(connection.extra.get("app_secret", ""))
        token = connection.password.encode()
        self._proof = hmac.new(secret.encode(), token, hashlib.sha256).hexdigest()
        secrets = (connection.password, secret, self._proof)
        self._replies = Replies(connection.conn_id, destination.error_codes, secrets)

    def listed(self, edge: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Everything under an edge of the ad account, page by page.

        Raises:
            FixConnection: token, permission or ad account are refused.
            RetryLater: the vendor asks for patience, cannot be reached, or gives no list, or one that cannot
                be followed to its end.
        """
        found: list[dict[str, Any]] = []
        cursors: list[str] = []
        while len(cursors) < MOST_PAGES:
            page = {"limit": PAGE, **query, **({"after": cursors[-1]} if cursors else {})}
            try:
                reply = self._ask("GET", f"{self._account()}/{edge}", Doubt.LOST, query=page)
            except FixPayload as error:
                raise FixConnection(
                    f"{error}. Check extra.ad_account_id and the token's permissions"
                ) from None
            found += self._entries(reply)
            after = self._next(reply)
            if after is None:
                return found
            if after in cursors:
                raise RetryLater(
                    f"{self._connection.conn_id}: its list of {edge} leads back to a page before"
                )
            cursors.append(after)
        raise RetryLater(
            f"{self._connection.conn_id}: its list of {edge} has no end after {MOST_PAGES} pages"
        )

    def create(self, edge: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make something new under an edge of the ad account; not tried again where it may be there already.

        Raises:
            RetryLater: it may have been made or not: look before trying again.
            FixConnection, FixPayload: it was refused.
        """
        return self._ask("POST", f"{self._account()}/{edge}", Doubt.NONE, body=body)

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say something that may be said twice.

        Raises:
            OutcomeUnknown: no answer came, or the vendor stumbled: it may have been taken.
            RetryLater: the vendor asks for patience, or cannot be reached; nothing was taken.
            FixConnection, FixPayload: it was refused.
        """
        return self._say("POST", path, body)

    def delete(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As `post`, by the method DELETE."""
        return self._say("DELETE", path, body)

    def _entries(self, reply: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The entries of one page of a list."""
        entries = reply.get("data")
        if not isinstance(entries, list):
            raise RetryLater(f"{self._connection.conn_id} answered with something that is no list")
        if not all(isinstance(entry, dict) for entry in entries):
            raise RetryLater(f"{self._connection.conn_id} answered with a list whose entries are no objects")
        return entries

    def _next(self, reply: Mapping[str, Any]) -> str | None:
        """The cursor of the next page; None at the end of the list."""
        paging = reply.get("paging")
        if not paging or (isinstance(paging, dict) and not paging.get("next")):
            return None
        cursors = paging.get("cursors") if isinstance(paging, dict) else None
        after = cursors.get("after") if isinstance(cursors, dict) else None
        if isinstance(after, str) and after and after.isascii() and len(after) <= LONGEST_CURSOR:
            return after
        if (number := whole(after)) is not None:
            return str(number)
        raise RetryLater(f"{self._connection.conn_id}: its list goes on, and does not say with what cursor")

    def close(self) -> None:
        """End the session."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _say(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        doubts: list[Doubt] = []
        try:
            return self._ask(method, path, Doubt.STUMBLED, body=body, doubts=doubts)
        except OmniError as error:
            if any(doubts):
                raise OutcomeUnknown(f"it may have been taken: {error}") from error
            raise

    def _ask(self, method: str, path: str, bearable: Doubt, **values: Any) -> Mapping[str, Any]:
        """One request, again while the vendor is busy and the doubt over the last try is bearable."""
        doubts: list[Doubt] = values.pop("doubts", [])

        def once() -> Mapping[str, Any]:
            try:
                return self._replies.read(self._send(method, path, **values))
            except Busy as error:
                doubts.append(error.doubt)
                raise

        again = retry_if_exception(lambda error: isinstance(error, Busy) and error.doubt <= bearable)
        return Retrying(retry=again, wait=_wait, stop=stop_before_delay(self._timeout), reraise=True)(once)

    def _send(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> httpx.Response:
        name, proof = self._connection.conn_id, {"appsecret_proof": self._proof}
        self.beat()
        try:
            client = self._client or self._open()
            asked = (
                {"json": {**body, **proof}} if body is not None else {"params": {**(query or {}), **proof}}
            )
            with client.asked(method, path, **asked) as response:
                return detached(response, countable(read(response, client.most, name), name))
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise unfit(self._connection, "its host is no address") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if fault := tls_fault(error):
                raise FixConnection(f"{name}: {fault}") from error
            raise Busy(f"{name} cannot be reached: {type(error).__name__}") from error
        except httpx.RequestError as error:  # among them an answer that does not decode as it says it does
            raise Busy(f"{name} gave no answer: {type(error).__name__}", Doubt.LOST) from error
        except FixSource as error:  # what it says cannot be read, so nobody knows what it did
            raise Busy(f"{error}", Doubt.LOST) from error

    def _open(self) -> Session:
        to = self._connection
        if not to.password or not to.extra.get("app_secret"):
            raise unfit(to, "the token (password) and extra.app_secret are required")
        to.require("host")
        if not fits_header(to.password):
            raise unfit(to, "its token holds characters that no HTTP header may hold")
        self._client = Session(
            to,
            silence=self._timeout,
            headers={"Authorization": f"Bearer {to.password}"},
            seconds=self._timeout,
            base_url=f"{to.base_url}/{to.extra.get('api_version', VERSION)}/",
        )
        return self._client

    def _account(self) -> str:
        account = str(self._connection.extra.get("ad_account_id", ""))
        if not re.fullmatch(r"act_\d+", account):
            raise unfit(self._connection, "extra.ad_account_id must be act_ and digits")
        return account


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Busy) and error.retry_after is not None:
        return error.retry_after
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (state.attempt_number - 1)))
