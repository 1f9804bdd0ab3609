"""What the e-mail platform has accepted, and what the recipients did then.

`received/smtp.jsonl` is the only truth about what was accepted; the recipients' behaviour is kept
beside it, entry by entry, and made up for after a crash. `received/mail/<sha256>.eml` is the message
itself, for any mail program to open.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.sandbox.received import ReceivedLog

Entry = Mapping[str, Any]
Events = list[dict[str, Any]]
_MOMENT = pa.timestamp("us", "UTC")
_TEXT = ("event_id", "event_type", "message_id", "recipient", "campaign", "url", "reason", "device_type")
_MOMENTS = ("occurred_at", "updated_at", "_visible_at")


class Mail:
    """The platform's memory. `respond` says what a recipient does with one accepted message."""

    def __init__(
        self, folder: Path, respond: Callable[[Entry, datetime], Events], now: Callable[[], datetime]
    ):
        self._respond, self._now = respond, now
        self._copies = folder / "received" / "mail"
        self._lock = threading.Lock()
        self._messages = ReceivedLog(folder / "received" / "smtp.jsonl")
        self._responses = ReceivedLog(folder / "email" / "responses.jsonl")
        self._unsubscribes = ReceivedLog(folder / "email" / "unsubscribes.jsonl")
        self._catch_up()
        self._events = [event for line in self._responses.lines() for event in line["events"]]
        self._events += [line["event"] for line in self._unsubscribes.lines()]
        self._tokens = {
            e["unsubscribe_token"]: e for e in self._messages.lines() if e.get("unsubscribe_token")
        }

    @property
    def count(self) -> int:
        """How many messages were accepted, a recipient each."""
        return self._messages.count

    @property
    def version(self) -> int:
        """Grows with each event."""
        return len(self._events)

    def keep(self, content: bytes) -> None:
        """Keep a copy of one message, named by what its log line says under `sha256`."""
        self._copies.mkdir(parents=True, exist_ok=True)
        (self._copies / f"{digest(content)}.eml").write_bytes(content)

    def accept(self, entries: Sequence[Entry]) -> None:
        """Take messages, one entry a recipient: on disk when this returns."""
        with self._lock:
            responses = [self._response(entry) for entry in entries]
            self._messages.append(*entries)
            self._responses.append(*responses)
            self._events += [event for response in responses for event in response["events"]]
            self._tokens |= {e["unsubscribe_token"]: dict(e) for e in entries if e.get("unsubscribe_token")}

    def unsubscribe(self, token: str) -> str | None:
        """Take a one-click unsubscribe; the recipient, or None if no message carries this token."""
        entry = self._tokens.get(token)
        if entry is None:
            return None
        moment = max(self._now(), sent_at(entry) or self._now()) + timedelta(minutes=1)
        event = {
            "event_id": f"unsubscribe-{token}", "event_type": "unsubscribe",
            "occurred_at": moment.astimezone(UTC).isoformat(), "message_id": entry["message_id"],
            "recipient": entry["recipient"], "campaign": entry["campaign"], "reason": "one-click",
        }  # fmt: skip
        with self._lock:
            if all(known["event_id"] != event["event_id"] for known in self._events):
                self._unsubscribes.append({"event": event})
                self._events.append(event)
        return str(entry["recipient"])

    def messages(self) -> list[dict[str, Any]]:
        """Every accepted message, oldest first, with `sent_at` (its Date header, aware)."""
        return [line | {"sent_at": sent_at(line) or self._now()} for line in self._messages.lines()]

    def events(self) -> pa.Table:
        """What the recipients did, as rows of the stream `events` with hidden columns."""
        with self._lock:
            known = list(self._events)
        moments = pa.array([datetime.fromisoformat(event["occurred_at"]) for event in known], _MOMENT)
        columns: dict[str, Any] = dict.fromkeys(_MOMENTS, moments)
        columns |= {name: pa.array([e.get(name) for e in known], pa.string()) for name in _TEXT}
        marks = {
            "_copies": pa.array([1] * len(known), pa.int64()),
            "_broken": pa.nulls(len(known), pa.string()),
        }
        return pa.table(columns | marks)

    def _response(self, entry: Entry) -> dict[str, Any]:
        return {"events": self._respond(entry, sent_at(entry) or self._now())}

    def _catch_up(self) -> None:
        """Messages whose line is there but whose recipients' behaviour is not: a crash lay between."""
        missing = list(self._messages.lines())[self._responses.count :]
        if missing:
            self._responses.append(*[self._response(entry) for entry in missing])


def digest(content: bytes) -> str:
    """SHA-256 of a message as it came, in hex."""
    return hashlib.sha256(content).hexdigest()


def sent_at(entry: Entry) -> datetime | None:
    """The moment of a message's Date header, which is the sandbox's time; None if it says none."""
    try:
        moment = parsedate_to_datetime(str(entry["date"]))
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
