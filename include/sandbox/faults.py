"""Faults that a drill switches on in the company's systems, and off again. Kept in memory."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_HTTP_KINDS = ("http_500", "http_429", "stall", "rename_column", "empty_feed", "hostile_rows")
KINDS: dict[str, tuple[str, ...]] = {
    "shop": _HTTP_KINDS,
    "crm": _HTTP_KINDS,
    "email": _HTTP_KINDS,
    "shop_events": ("http_500", "stall", "rename_column", "empty_feed", "hostile_rows"),
    "stores": ("missing_amounts", "rename_column", "empty_feed", "down", "hostile_rows"),
    "smtp": ("drop_after_data", "refuse_452"),
    "sftp": ("drop_after_upload",),
    # `busy` refuses a share of the requests; `invalid_entries` a share of those who are to be added;
    # `stream` of the last three is the audience's name
    "ad_platform": (
        *("http_429", "http_500", "http_503", "busy", "throttled", "token_revoked"),
        *("blocked", "invalid_entries", "drop_after_accept"),
    ),
}
_NEEDS = {"rename_column": ("stream", "column", "to"), "empty_feed": ("stream",)}


class FaultRequest(BaseModel):
    """Body of `POST /control/faults`. `times` limits how often it acts; `every` picks each n-th.

    `rows`: how many hostile rows a stream shows for each day.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    system: str
    kind: str
    stream: str | None = None
    column: str | None = Field(default=None, alias="from")
    to: str | None = None
    share: float = Field(default=1 / 3, gt=0, le=1)
    every: int = Field(default=1, ge=1)
    times: int | None = Field(default=None, ge=1)
    seconds: float = Field(default=3600, gt=0)
    rows: int = Field(default=20, ge=1, le=1000)

    def fault(self) -> "Fault":
        """The fault asked for.

        Raises:
            ValueError: the system has no such fault, or a field that the kind needs is missing.
        """
        if self.system not in KINDS:
            raise ValueError(f"system {self.system!r} is not one of {', '.join(KINDS)}")
        if self.kind not in KINDS[self.system]:
            raise ValueError(
                f"{self.system} has no fault {self.kind!r}, only {', '.join(KINDS[self.system])}"
            )
        missing = [name for name in _NEEDS.get(self.kind, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(
                f"{self.kind} needs {', '.join('from' if m == 'column' else m for m in missing)}"
            )
        values = self.model_dump()
        if self.system == "shop" and self.stream == "web_events":
            values["system"] = "shop_events"  # the shop's events are served from its bucket
        return Fault(**values)


@dataclass(frozen=True)
class Fault:
    """One fault that is on. Which fields count depends on `kind`."""

    system: str
    kind: str
    stream: str | None = None
    column: str | None = None
    to: str | None = None
    share: float = 1 / 3
    every: int = 1
    times: int | None = None
    seconds: float = 3600
    rows: int = 20
    asked: int = field(default=0, compare=False)

    def acts_on(self, stream: str | None) -> bool:
        """Whether it concerns `stream`; a fault without one concerns the whole system."""
        return self.stream is None or self.stream == stream


class FaultBoard:
    """The faults that are on now; safe to ask from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on; the same again starts anew."""
        with self._lock:
            self._faults = [known for known in self._faults if known != fault] + [fault]

    def clear(self) -> None:
        """Switch all of them off."""
        with self._lock:
            self._faults = []

    def on(self, system: str, kind: str, stream: str | None = None) -> Fault | None:
        """The fault of that kind that is on, if any, without using it up."""
        with self._lock:
            return next((f for f in self._faults if self._concerns(f, system, kind, stream)), None)

    def strikes(self, system: str, kind: str, stream: str | None = None) -> Fault | None:
        """As `on`, for one request: counts it, and answers only each `every`-th, at most `times`."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if not self._concerns(fault, system, kind, stream):
                    continue
                asked = fault.asked + 1
                self._faults[place] = replace(fault, asked=asked)
                is_due = asked % fault.every == 0
                is_spent = fault.times is not None and asked // fault.every > fault.times
                return fault if is_due and not is_spent else None
        return None

    def of(self, system: str) -> list[Fault]:
        """All faults of one system."""
        with self._lock:
            return [fault for fault in self._faults if fault.system == system]

    def describe(self) -> list[dict[str, Any]]:
        """What is on, for people."""
        with self._lock:
            return [{"system": f.system, "kind": f.kind, "stream": f.stream} for f in self._faults]

    @staticmethod
    def _concerns(fault: Fault, system: str, kind: str, stream: str | None) -> bool:
        return fault.system == system and fault.kind == kind and fault.acts_on(stream)
