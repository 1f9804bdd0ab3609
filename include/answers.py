"""HTTP with limits: verified TLS, no proxy that was not named, no answer larger or slower than agreed.

httpx bounds how long the other side is silent, not how long it speaks (encode/httpx#1450), and unpacks
whatever it is sent. Both are bounded here, for all that ask another system over HTTP.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import httpx

from include.connections import Connection
from include.errors import FixSource
from include.networks import proxy_of, require_tls, tls_context

MIB = 1024 * 1024
MOST_MIB = 32  # of one answer, unpacked
MOST_RATIO = 100  # of unpacked to received bytes; JSON of equal rows reaches about 50
RATIO_FROM = MIB
MOST_VALUES = 2_000_000  # of one JSON text, about 250 bytes each once it is parsed
SILENCES = 10  # so many times the silence that is borne may one answer take in all
CODINGS = frozenset({"gzip", "deflate"})


class Overtime(httpx.ReadTimeout):
    """The other side was never silent for long, and yet has not ended in time."""


class TooMuch(FixSource):
    """An answer is larger than agreed, unpacks to too much, or holds too many values. Not asked for again."""


class Session(httpx.Client):
    """A client of one connection. It follows no redirects and sends one request at a time.

    Args:
        silence: seconds of silence that are borne.
        seconds: for one answer in all; where it is None, `SILENCES` times as many.

    Raises:
        FixConnection: its address is not https:// off loopback, or its extra cannot be used.
    """

    def __init__(
        self,
        connection: Connection,
        silence: float,
        headers: Mapping[str, str],
        seconds: float | None = None,
        base_url: str = "",
    ) -> None:
        require_tls(connection, connection.base_url)
        self.most = int(connection.number("max_answer_mib", MOST_MIB, "MiB") * MIB)
        self.seconds = seconds or SILENCES * silence
        self._stream: Any = None
        super().__init__(
            headers={"Accept-Encoding": "gzip, deflate", **headers},
            timeout=httpx.Timeout(silence, connect=min(silence, 10.0)),
            base_url=base_url,
            verify=tls_context(connection),
            proxy=proxy_of(connection),
            follow_redirects=False,
            trust_env=False,
        )

    @contextmanager
    def asked(self, method: str, url: Any, **values: Any) -> Iterator[httpx.Response]:
        """The answer to one request, whose body is still to be read (`body`).

        Raises:
            Overtime: it, or what is done with it, took longer than `seconds`.
            httpx.HTTPError, httpx.InvalidURL: as httpx does.
        """
        with _Alarm(self.seconds, self._cut) as alarm:
            noted = {"trace": lambda name, info: self._note(name, info, alarm)}
            request = self.build_request(method, url, extensions=noted, **values)
            try:
                response = self.send(request, stream=True)
                try:
                    yield response
                finally:
                    response.close()
            except httpx.RequestError as error:
                if not alarm.rang:
                    raise
                raise Overtime(f"no end after {self.seconds:g} seconds", request=request) from error
            if alarm.rang:  # an end of the body may be our own cutting
                raise Overtime(f"no end after {self.seconds:g} seconds", request=request)

    def _note(self, name: str, info: Mapping[str, Any], alarm: "_Alarm") -> None:
        """Remember what the session speaks over; httpcore names each step of a request."""
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if alarm.rang:
                self._cut()

    def _cut(self) -> None:
        """End what is being read, from another thread: the reader wakes up as if the line had broken."""
        line = self._stream and self._stream.get_extra_info("socket")
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # past TLS, whose state is the reader's


class _Alarm:
    """Calls `ring` once, unless it is left before."""

    def __init__(self, seconds: float, ring: Any) -> None:
        self.rang = False
        self._ring = ring
        self._timer = threading.Timer(seconds, self._go)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _go(self) -> None:
        self.rang = True
        self._ring()


def body(response: httpx.Response, most: int, label: str) -> bytes:
    """The body of an answer, read by pieces and unpacked once at most.

    A packed piece has 64 KiB and can unpack to 64 MiB: no more is held beyond `most` bytes.

    Raises:
        TooMuch: it has more than `most` bytes, or unpacks to more than `MOST_RATIO` times its size.
        FixSource: it is packed twice, or in a way that was not asked for.
    """
    named = response.headers.get_list("Content-Encoding", split_commas=True)
    codings = [coding for name in named if (coding := name.strip().lower()) not in ("", "identity")]
    if len(codings) > 1 or not CODINGS.issuperset(codings):
        raise FixSource(f"{label} answered in a Content-Encoding that was not asked for, or in two at once")
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > max(RATIO_FROM, MOST_RATIO * response.num_bytes_downloaded):
            raise TooMuch(f"{label} answered with what unpacks to more than {MOST_RATIO} times its size")
        if size > most:
            raise TooMuch(
                f"{label} answered with more than {most / MIB:g} MiB: ask for smaller pages (page_size), "
                "or raise extra.max_answer_mib of the connection"
            )
    return b"".join(parts)


def countable(text: bytes, label: str) -> bytes:
    """A JSON text, if what it holds can be held: values are counted by their marks, before any is made.

    Raises:
        TooMuch: it has more than `MOST_VALUES`.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooMuch(f"{label} answered with more than {MOST_VALUES:,} values: ask for smaller pages")
    return text


def detached(response: httpx.Response, content: bytes) -> httpx.Response:
    """An answer with its body, as if it had been read whole."""
    headers = [(k, v) for k, v in response.headers.items() if k not in ("content-encoding", "content-length")]
    return httpx.Response(response.status_code, headers=headers, content=content)
