"""Vendors that receive audiences or messages: what each can do, and its limits, as data.

One file per vendor; its name is the registration. `load_destinations()["mailhouse"].limits`.
"""

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, HttpUrl, field_validator, model_validator

from include.declarations import Declaration, read_document, validate
from include.errors import FixDeclaration

Operation = Literal["add", "remove", "update"]
ContactPoint = Literal["email", "sms", "any", "none"]
Layout = Literal["machine", "spreadsheet", "hashed"]
ConsentChannel = Literal["email", "sms", "phone", "post", "messenger", "push", "ads"]
Need = Literal["granted", "not_withdrawn"]

NOT_WITHDRAWN = "not_withdrawn"

FOLDER = Path(__file__).parent
SENDERS = FOLDER.parent / "senders"


class QuietHours(Declaration):
    """No message from `begin` until `end`, on the recipient's own clock.

    Where the zone is not known, it must be an allowed hour in all of `unknown_zone`.
    """

    begin: time
    end: time
    unknown_zone: list[str] = Field(min_length=1)

    @field_validator("unknown_zone")
    @classmethod
    def _zones_exist(cls, names: list[str]) -> list[str]:
        for name in names:
            try:
                ZoneInfo(name)
            except (KeyError, ValueError) as error:
                raise ValueError(f"no such time zone: {name}") from error
        return names


class Limits(Declaration):
    """What the vendor bears. Minutes between tries grow along `retry_minutes`."""

    members_per_batch: int = Field(default=50_000, gt=0)
    message_bytes: int = Field(default=524_288, gt=0)
    tries: int = Field(default=5, gt=0)
    retry_minutes: list[int] = Field(default=[5, 15, 60, 240], min_length=1)
    failures_in_a_row: int = Field(default=3, gt=0)
    quiet_hours: QuietHours | None = None


class Erase(Declaration):
    """Whether the vendor can be told to forget someone; if not, why there is nothing to forget."""

    supported: bool
    how: str = Field(min_length=10)


class Guards(Declaration):
    """When a change of an audience waits for a person. Shares are of what the destination holds.

    `always_allowed`: so many additions or removals pass whatever their share. `fresh`: channels whose
    being stale holds a sync back; None: all. Removals for consent or erasure never wait.
    """

    max_growth: float = Field(default=0.5, ge=0)
    max_shrink: float = Field(default=0.2, ge=0, le=1)
    always_allowed: int = Field(default=20, ge=0)
    min_size: int = Field(default=0, ge=0)
    fresh: tuple[str, ...] | None = None


def _codes(value: Any) -> Any:
    """Ranges as `200-299`, both ends included, become the codes in them."""
    if not isinstance(value, list):
        return value
    codes: list[Any] = []
    for one in value:
        ends = re.fullmatch(r"(\d{1,9})-(\d{1,9})", one) if isinstance(one, str) else None
        if ends is None:
            codes.append(one)
            continue
        first, last = int(ends[1]), int(ends[2])
        if not first < last <= first + 1000:
            raise ValueError(f"the range {one} must rise, and hold at most 1,001 codes")
        codes += range(first, last + 1)
    return codes


Codes = Annotated[tuple[int, ...], BeforeValidator(_codes)]


class ErrorCodes(Declaration):
    """The vendor's own error codes by who must act; what is in none of them is a wrong payload.

    A list holds codes, and ranges as `200-299`. A subcode decides before its code does.
    """

    retry: Codes = ()
    connection: Codes = ()
    payload: Codes = ()
    payload_subcodes: Codes = ()
    blocked_subcodes: Codes = ()


class Destination(Declaration):
    """One vendor. Fields without a default must stand in its file.

    `consents`: contact channels whose consent it asks for besides that of the contact point, to the sync's
    purpose; each must be `granted`, or only `not_withdrawn`. A withdrawal holds back, and removes.
    """

    name: str
    title: str
    sender: str
    connection: str = Field(min_length=1)
    owner: str
    carries: Literal["audiences", "messages"]
    erase: Erase
    limits: Limits = Limits()
    channel: Literal["email", "sms"] | None = None
    unsubscribe_url: HttpUrl | None = None
    shown_within_hours: int = Field(default=24, gt=0)
    operations: tuple[Operation, ...] = ()
    mixes_operations: bool = True
    contact_points: tuple[ContactPoint, ...] = ()
    consents: dict[ConsentChannel, Need] = Field(default={})
    layouts: tuple[Layout, ...] = ()
    guards: Guards = Guards()
    error_codes: ErrorCodes = ErrorCodes()
    folder: str = Field(default="/incoming", pattern=r"^(/[A-Za-z0-9._-]+)+$")

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> "Destination":
        if self.carries == "messages" and not (self.channel and self.unsubscribe_url):
            raise ValueError("a destination for messages needs channel and unsubscribe_url")
        if self.carries == "audiences" and not (self.operations and self.contact_points and self.layouts):
            raise ValueError("a destination for audiences needs operations, contact_points and layouts")
        return self


def load_destinations(folder: Path = FOLDER) -> dict[str, Destination]:
    """All destinations by name.

    Raises:
        FixDeclaration: a file is wrong, saying file, line and field.
    """
    found = {path.stem: _load(path) for path in sorted(folder.glob("*.yml"))}
    channels = [d.channel for d in found.values() if d.channel]
    for channel in {c for c in channels if channels.count(c) > 1}:
        raise FixDeclaration(f"{folder}: more than one destination sends {channel}")
    return found


def destination_of(channel: str, folder: Path = FOLDER) -> Destination:
    """The destination that sends messages of a channel.

    Raises:
        FixDeclaration: none does.
    """
    for destination in load_destinations(folder).values():
        if destination.channel == channel:
            return destination
    raise FixDeclaration(f"{folder}: no destination has channel: {channel}")


def _load(path: Path) -> Destination:
    document = read_document(path)
    destination = validate(document, Destination)
    sender = SENDERS / f"{destination.sender}.py"
    for is_wrong, field, said in (
        (destination.name != path.stem, "name", f"must be {path.stem}, as the file is called"),
        (not sender.exists(), "sender", f"there is no include/senders/{destination.sender}.py"),
    ):
        if is_wrong:
            raise FixDeclaration(f"{document.at((field,))}: {said}")
    return destination
