"""What the ad platform has accepted: audiences, their members, upload sessions.

`received/ad_platform.jsonl` is the only truth, one line for each request that was taken; all else is rebuilt
from it. It knows people by the advertiser's own ids and by hashes.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from include.sandbox.received import ReceivedLog

FIRST_ID = 23_850_000_000_000_000
LOG = Path("received") / "ad_platform.jsonl"
Hashes = tuple[str, ...]


@dataclass
class Session:
    """Batches of one session so far."""

    seen: set[int] = field(default_factory=set)
    is_closed: bool = False

    def refusal(self, number: int) -> str | None:
        """Why this batch may not come now; one that came before may come again at any time."""
        if number in self.seen:
            return None
        if self.is_closed:
            return "the session is closed"
        return "batch_seq is out of order" if self.seen and number < max(self.seen) else None


@dataclass
class Audience:
    """One custom audience: a set of people by the advertiser's id, with the hashes told last."""

    audience_id: str
    name: str
    description: str
    members: dict[str, Hashes] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)


class AdPlatform:
    """The platform's memory."""

    def __init__(self, folder: Path) -> None:
        self._log = ReceivedLog(folder / LOG)
        self._lock = threading.Lock()
        self._audiences = _replayed(self._log.lines())

    @property
    def count(self) -> int:
        """How many requests were taken."""
        return self._log.count

    def audiences(self) -> list[Audience]:
        """All of them, oldest first."""
        return list(self._audiences.values())

    def find(self, audience_id: str) -> Audience | None:
        """The audience of that id."""
        return self._audiences.get(audience_id)

    def create(self, name: str, description: str) -> Audience:
        """A new audience; two may have one name."""
        with self._lock:
            audience_id = str(FIRST_ID + self._log.count)
            self._take({"operation": "create", "audience": name, "audience_id": audience_id,
                        "description": description})  # fmt: skip
            return self._audiences[audience_id]

    def delete(self, audience: Audience) -> None:
        """Forget an audience and all that is known of its members."""
        with self._lock:
            self._take({"operation": "delete", "audience": audience.name,
                        "audience_id": audience.audience_id})  # fmt: skip

    def change(
        self, audience: Audience, operation: str, members: Mapping[str, Hashes], session: Mapping[str, Any]
    ) -> str | None:
        """Add or remove members: on disk when this returns. Why not, if the session does not allow it."""
        number, batch = session["session_id"], session["batch_seq"]
        with self._lock:
            refusal = audience.sessions.get(number, Session()).refusal(batch)
            if refusal is None:
                told = {m: list(h) for m, h in members.items()} if operation == "add" else list(members)
                self._take({"operation": operation, "audience": audience.name,
                            "audience_id": audience.audience_id, "members": told, "session": number,
                            "batch_seq": batch, "is_last": session["last_batch_flag"]})  # fmt: skip
            return refusal

    def _take(self, entry: Mapping[str, Any]) -> None:
        self._log.append(entry)
        _apply(self._audiences, entry)


def members(folder: Path, audience: str) -> dict[str, Hashes]:
    """Members of an audience by the advertiser's id, read from the log in the sandbox's `folder`.

    May be asked while the platform runs, and while it does not.

    Raises:
        ValueError: more than one audience has that name.
    """
    path = folder / LOG
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    found = [a for a in _replayed(map(json.loads, whole.splitlines())).values() if a.name == audience]
    if len(found) > 1:
        raise ValueError(f"{len(found)} audiences are called {audience}")
    return dict(found[0].members) if found else {}


def _replayed(entries: Iterable[Mapping[str, Any]]) -> dict[str, Audience]:
    audiences: dict[str, Audience] = {}
    for entry in entries:
        _apply(audiences, entry)
    return audiences


def _apply(audiences: dict[str, Audience], entry: Mapping[str, Any]) -> None:
    audience_id = entry["audience_id"]
    if entry["operation"] == "create":
        audiences[audience_id] = Audience(audience_id, entry["audience"], entry["description"])
        return
    if entry["operation"] == "delete":
        audiences.pop(audience_id, None)
        return
    audience = audiences[audience_id]
    if entry["operation"] == "add":
        audience.members.update({name: tuple(hashes) for name, hashes in entry["members"].items()})
    else:
        for name in entry["members"]:
            audience.members.pop(name, None)
    session = audience.sessions.setdefault(entry["session"], Session())
    session.seen.add(entry["batch_seq"])
    session.is_closed = session.is_closed or entry["is_last"]
