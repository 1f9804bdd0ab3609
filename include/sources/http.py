"""One request to a JSON API, patient for seconds; whoever runs the task is patient for minutes."""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from include.answers import Overtime, Session, body, countable
from include.connections import Connection, fits_header, unfit
from include.errors import FixConnection, FixSource, RetryLater
from include.networks import tls_fault
from include.sources.json_pages import parse_page
from include.sources.json_rows import parse

LONGEST_WAIT = 30.0
TIMEOUT = 30.0
FIRST_PAUSE = 0.2
LONGEST_ASKED = 7 * 24 * 3600.0  # a wait beyond it is no wait that anybody meant


class Busy(RetryLater):
    """The other side asked for patience, fell silent or failed; tried `attempts` times here."""

    def __init__(self, message: str, attempts: int = 1, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.attempts = attempts


class BadReply(FixSource):
    """An answer that cannot be read; asked for once more, for it may have been spoilt on the way."""

    attempts = 2


def client(connection: Connection) -> Session:
    """A client that authenticates by the connection's password as bearer token and follows no redirects.

    `extra.timeout` of the connection overrides how many seconds of silence are borne, `extra.max_answer_mib`
    how large one answer may be.

    Raises:
        FixConnection: it has no host, or holds what cannot be used; it is not https:// off loopback.
    """
    connection.require("host")
    if set("?#") & set(connection.base_url):
        raise unfit(connection, "its host and base_path must hold no query and no fragment (? or #)")
    if not fits_header(connection.password):
        raise unfit(connection, "its password holds characters that no HTTP header may hold")
    headers = {"Authorization": f"Bearer {connection.password}"} if connection.password else {}
    return Session(connection, connection.seconds(TIMEOUT), headers)


def get_json(session: Session, url: str, query: Mapping[str, Any], label: str) -> Any:
    """The JSON answer to a GET, as `include.sources.json_rows.parse` reads it, or else row by row.

    `query` is added to the query that `url` has already.

    Raises:
        FixConnection: refused (401, 403), moved or not there (3xx, 404), no valid certificate, no address.
        RetryLater: 429 (with the wait asked for), 408, 5xx, silence, a broken connection, no end.
        FixSource: any other refusal, an answer that is no JSON or not encoded as its headers say, or one that
            is too large (TooMuch).
    """
    retrying = Retrying(
        retry=retry_if_exception_type((Busy, BadReply)), stop=_enough, wait=_wait, reraise=True
    )
    return retrying(_get, session, url, query, label)


def _get(session: Session, url: str, query: Mapping[str, Any], label: str) -> Any:
    text = countable(_content(session, url, query, label), label)
    with suppress(ValueError):
        return parse(text)
    try:
        return parse_page(text)
    except ValueError as error:
        raise BadReply(f"{label} answered 200 with something that is no JSON") from error


def _content(session: Session, url: str, query: Mapping[str, Any], label: str) -> bytes:
    """The body of a good answer; that of a refusal is not read, so that it cannot hide the refusal."""
    try:
        address = _with_query(httpx.URL(url), query, label)
        with session.asked("GET", address) as response:
            if response.status_code != 200:
                _refuse(response, label)
            return body(response, session.most, label)
    except Overtime as error:
        raise RetryLater(f"{label} took longer than {session.seconds:g} seconds over one answer") from error
    except httpx.TimeoutException as error:
        raise Busy(f"{label} did not answer in time", attempts=2) from error
    except httpx.UnsupportedProtocol as error:
        raise FixConnection(f"{label}: the connection's host must begin with http:// or https://") from error
    except httpx.DecodingError as error:
        raise BadReply(f"{label} answered with a body that is not encoded as its headers say") from error
    except httpx.RequestError as error:
        if fault := tls_fault(error):
            raise FixConnection(f"{label}: {fault}") from error
        raise Busy(f"{label} cannot be reached or broke off: {type(error).__name__}", attempts=4) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FixConnection(f"{label}: the connection's host is no address") from error


def _with_query(url: httpx.URL, query: Mapping[str, Any], label: str) -> httpx.URL:
    """`query` beside what `url` asks already; `params=` of a request would drop that."""
    try:
        return url.copy_merge_params(query)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FixSource(f"{label} gave a cursor that no address can hold: its paging is broken") from error


def _refuse(response: httpx.Response, label: str) -> NoReturn:
    status = response.status_code
    if status in (401, 403):
        raise FixConnection(f"{label} refused the credentials ({status}): mend the connection's password")
    if status == 429:
        raise Busy(f"{label} asks for patience (429)", attempts=10, retry_after=_asked(response))
    if status >= 500 or status == 408:
        raise Busy(f"{label} answered {status}", attempts=4, retry_after=_asked(response))
    if status == 404 or 300 <= status < 400:
        raise FixConnection(f"{label} answered {status}: check host, port and base_path of the connection")
    raise FixSource(f"{label} refused the request ({status}): its API is not what the declaration says")


def _asked(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, in either of its forms."""
    value: str | None = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_ASKED)


def _enough(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    too_long = isinstance(error, RetryLater) and (error.retry_after or 0) > LONGEST_WAIT
    return too_long or state.attempt_number >= getattr(error, "attempts", 1)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RetryLater) and error.retry_after is not None:
        return error.retry_after
    return float(min(8.0, FIRST_PAUSE * 2 ** (state.attempt_number - 1)))
