"""The shop's event bucket: an S3 server with one gzipped NDJSON object per day of arrival.

The server forgets everything when it stops; the objects are kept as files and put back at start.
"""

import gzip
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

from include.sandbox import hostile
from include.sandbox.access import BUCKET, HOST, REGION, Door
from include.sandbox.faults import Fault, FaultBoard
from include.sandbox.rows import documents
from include.sandbox.served import WEB_EVENTS
from include.sandbox.visibility import copied, without_hidden

Bounds = Callable[[date], tuple[datetime, datetime]]
_Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def object_key(day: date) -> str:
    """Key of one day's object."""
    return f"web_events/date={day.isoformat()}/events.ndjson.gz"


class Bucket:
    """The bucket's server, and the files behind it."""

    def __init__(self, folder: Path, door: Door, faults: FaultBoard) -> None:
        self._folder, self._faults = folder, faults
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = _guarded(DomainDispatcherApplication(create_backend_app), door, faults)
        self._server = make_server(HOST, door.port, app, threaded=True, request_handler=MotoRequestHandler)
        self._store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        self._store.create_bucket(BUCKET, REGION)
        self._disguises: list[Fault] = []
        self._thread: threading.Thread | None = None
        self._published: set[date] = set()

    def start(self) -> None:
        """Serve from a thread."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="bucket", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        if self._thread is not None:
            self._server.shutdown()
        self._server.server_close()

    def publish(self, today: date, bounds: Bounds, events: Callable[[], pa.Table | None]) -> None:
        """Have an object for each day up to `today`: the rows that arrived on it, doubled ones twice.

        `bounds` gives a day's beginning and end; `events` is asked for only if an object is missing.
        """
        newest = max((day for day, _ in self._files()), default=None)
        if newest is None or newest < today:
            self._make(newest, today, bounds, events())
        for day, path in self._files():
            if day <= today and day not in self._published:
                self._put(day, path.read_bytes())

    def _make(self, newest: date | None, today: date, bounds: Bounds, events: pa.Table | None) -> None:
        """Files from the day after `newest` (or the first with an event) to today, empty ones too."""
        moments, lines = _by_arrival(events)
        day = today if newest is None else newest + timedelta(days=1)
        if newest is None and len(lines):
            zone = bounds(today)[0].tzinfo
            day = min(datetime.fromtimestamp(moments[0] / 1_000_000, zone).date(), today)
        while day <= today:
            edges = [int(edge.timestamp() * 1_000_000) for edge in bounds(day)]
            first, last = np.searchsorted(moments, edges)
            content = gzip.compress(b"".join(lines[first:last]), compresslevel=4, mtime=0)
            _write(self._folder / object_key(day), content)
            day += timedelta(days=1)

    def apply(self, faults: Sequence[Fault]) -> None:
        """Let exactly these faults act on what the objects say."""
        wanted = [f for f in faults if f.kind in ("rename_column", "empty_feed", "hostile_rows")]
        if wanted == self._disguises:
            return
        self._disguises = wanted
        for day, path in self._files():
            if day in self._published:
                self._put(day, path.read_bytes())

    def _files(self) -> list[tuple[date, Path]]:
        found = sorted(self._folder.glob("web_events/date=*/events.ndjson.gz"))
        return [(date.fromisoformat(path.parent.name.removeprefix("date=")), path) for path in found]

    def _put(self, day: date, content: bytes) -> None:
        if self._disguises:
            content = _disguised(content, self._disguises, day if day == self._files()[-1][0] else None)
        self._store.put_object(BUCKET, object_key(day), content)
        self._published.add(day)


def _by_arrival(events: pa.Table | None) -> tuple[Any, list[bytes]]:
    """Moments of arrival (µs) in order, and each row as a line of JSON."""
    if events is None or not len(events):
        return np.zeros(0, dtype=np.int64), []
    rows = copied(events.take(pc.sort_indices(events, sort_keys=[("_visible_at", "ascending")])))
    moments = rows["_visible_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    return moments, [
        orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in documents(without_hidden(rows))
    ]


def _disguised(content: bytes, faults: Sequence[Fault], newest: date | None) -> bytes:
    """A day's object as the faults show it; strangers write on the newest day."""
    text = gzip.decompress(content)
    for fault in faults:
        if fault.kind == "empty_feed":
            text = b""
        elif fault.kind == "hostile_rows" and newest:
            until = datetime.combine(newest, clock.max, UTC)
            text += b"\n".join(hostile.lines(*WEB_EVENTS, fault.rows, until)) + b"\n"
        elif fault.column and fault.to:
            text = text.replace(f'"{fault.column}":'.encode(), f'"{fault.to}":'.encode())
    return gzip.compress(text, compresslevel=4, mtime=0)


def _guarded(app: Any, door: Door, faults: FaultBoard) -> _Wsgi:
    """The S3 application behind a check of the access key, and faults."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.monotonic()
        while (stall := faults.on("shop_events", "stall")) and time.monotonic() < began + stall.seconds:
            time.sleep(0.1)
        if faults.strikes("shop_events", "http_500"):
            return _error(start_response, "500 Internal Server Error", "InternalError")
        if f"Credential={door.login}/" not in environ.get("HTTP_AUTHORIZATION", ""):
            return _error(start_response, "403 Forbidden", "InvalidAccessKeyId")
        answered: Iterable[bytes] = app(environ, start_response)
        return answered

    return answer


def _error(start_response: Callable[..., Any], status: str, code: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{status}</Message></Error>".encode()]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(path)
