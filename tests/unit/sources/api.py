"""A small real HTTP list API on loopback, which can be told to misbehave."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from include.connections import Connection

TOKEN = "s3cret-token"
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Api:
    """`rows` by stream name; `replies` are given first, in order; `bend` changes a page before it leaves."""

    port: int = 0
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda page: page
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def connection(self, **extra: Any) -> Connection:
        """The connection that reaches this API under `/api`."""
        told = {"base_path": "/api", "timeout": 5, **extra}
        return Connection("shop_api", "http", "127.0.0.1", self.port, password=TOKEN, extra=told)

    def answer(self, path: str, query: dict[str, str], token: str) -> Reply:
        """What one request gets."""
        self.asked.append((path, query))
        if self.replies:
            return self.replies.pop(0)
        if token != f"Bearer {TOKEN}":
            return 401, {}, b"{}"
        page = self.bend(self._page(self._cut(path.rsplit("/", 1)[1], query), query))
        return 200, {}, json.dumps(page).encode()

    def _cut(self, stream: str, query: dict[str, str]) -> list[dict[str, Any]]:
        start, end = query.get("updated_from", ""), query["updated_to"]
        return [row for row in self.rows[stream] if start <= row.get("updated_at", start) < end]

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        begin, size = int(query.get("cursor", "0")), int(query["limit"])
        after = begin + size
        cursor = str(after) if after < len(rows) else None
        return {"data": rows[begin:after], "next_cursor": cursor, "total": distinct(rows)}


def distinct(rows: list[Any]) -> int:
    """How many rows have a key of their own (their first field); one without a readable key always has."""
    keys = [next(iter(row.values()), None) if isinstance(row, dict) else None for row in rows]
    readable = [key for key in keys if isinstance(key, str | int)]
    return len(set(readable)) + len(keys) - len(readable)


@contextmanager
def running() -> Iterator[Api]:
    """An API that answers until the block ends."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, headers, body = api.answer(parts.path, query, self.headers.get("Authorization", ""))
            if status == 0:  # silence
                api.release.wait(10)
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = "Content-Length" in headers

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(sys.exception(), ConnectionError):  # a client need not read a body to its end
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.release.set()
        server.shutdown()
        server.server_close()
