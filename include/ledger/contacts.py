"""Addresses and consent as last published. Joined at the moment of sending, never kept."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import RetryLater
from include.keyed import HashKeys
from include.settings import Settings
from include.warehouse.hashing import hashed_under
from include.warehouse.published import current, list_marts, read_mart

COLUMNS = [
    "contact_point_id",
    "customer_id",
    "channel",
    "address",
    "address_hash",
    "greeting_name",
    "time_zone",
    "language",
    "has_marketing_consent",
    "marketing_consent_at",
    "has_service_consent",
    "is_suppressed",
    "suppression_reason",
    "is_preferred",
    "is_confirmed",
    "refused_channels",
]
HASHED = ("contact_point_id", "address_hash")
LATER = ("is_confirmed", "refused_channels")
"""What versions of an earlier release do not have: there every address counts as confirmed."""
CONSENT_COLUMNS = {"marketing": "has_marketing_consent", "service": "has_service_consent"}


STANDING = "fct_consent_standing"


@dataclass(frozen=True)
class ContactPoint:
    """One row of `dim_contact_points`. Its address is never shown."""

    contact_point_id: str
    customer_id: str
    channel: str
    address: str = field(repr=False)
    address_hash: str
    greeting_name: str | None = field(default=None, repr=False)
    time_zone: str | None = None
    language: str | None = None
    has_marketing_consent: bool | None = False
    marketing_consent_at: datetime | None = None
    has_service_consent: bool | None = False
    is_suppressed: bool | None = False
    suppression_reason: str | None = None
    is_preferred: bool | None = False
    is_confirmed: bool | None = True
    refused_channels: str | None = None

    def consents_to(self, purpose: str) -> bool:
        """Whether consent to this purpose stands. A purpose we do not know has none."""
        column = CONSENT_COLUMNS.get(purpose)
        return column is not None and getattr(self, column) is True

    def refuses(self, channels: Collection[str]) -> bool:
        """Whether marketing was refused for this address in one of these channels, such as ads."""
        return not set(channels).isdisjoint((self.refused_channels or "").split(","))


class Contacts:
    """Contact points of the newest published version, read again whenever the pointer moves.

    `keys`: those that the hashes asked for are under.
    """

    def __init__(self, settings: Settings, keys: HashKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._version: Path | None = None
        self._wanted: set[str] = set()
        self._points: dict[tuple[str, str], list[ContactPoint]] = {}

    def want(self, address_hashes: Collection[str]) -> None:
        """Say which addresses will be asked for, so that no others are held in memory."""
        if not self._wanted.issuperset(address_hashes):
            self._wanted |= set(address_hashes)
            self._version = None

    def knows(self, address_hash: str) -> bool:
        """Whether it has been said that this address will be asked for."""
        return address_hash in self._wanted

    def find(self, channel: str, address_hash: str, contact_point_id: str) -> ContactPoint | None:
        """The contact point as it is now; after a merge or split, another with that address.

        If any customer behind the address must not be contacted, nobody there is.
        """
        self.want([address_hash])
        self._refresh()
        same = self._points.get((channel, address_hash), [])
        suppressed = [p for p in same if p.is_suppressed]
        exact = [p for p in same if p.contact_point_id == contact_point_id]
        return next(iter([*suppressed, *exact, *same]), None)

    def _refresh(self) -> None:
        newest = current(self._settings)
        if newest is None:
            raise RetryLater("no version is published yet")
        if newest == self._version:
            return
        self._points = {}
        for point in read_points(newest, self._keys, self._wanted):
            self._points.setdefault((point.channel, point.address_hash), []).append(point)
        self._version = newest


def read_points(
    version: Path,
    keys: HashKeys,
    address_hashes: Collection[str] | None = None,
    customer_ids: Collection[str] | None = None,
) -> list[ContactPoint]:
    """Contact points of one published version, by id; all, or those of some addresses or customers.

    Ids and hashes are under all `keys`, also those of a version that was published before the last were
    added.

    Raises:
        FixDeclaration: the version was published under other keys.
    """
    table = _raised(read_mart(version, "dim_contact_points", COLUMNS), keys, hashed_under(version, keys))
    for column, values in (("address_hash", address_hashes), ("customer_id", customer_ids)):
        if values is not None:
            wanted = pa.array(sorted(values), pa.string())
            table = table.filter(pc.is_in(table.column(column), value_set=wanted))
    there = [name for name in COLUMNS if name in table.column_names or name not in LATER]
    rows = table.select(there).to_pylist()
    return sorted((ContactPoint(**row) for row in rows), key=lambda point: point.contact_point_id)


def _raised(table: Any, keys: HashKeys, count: int) -> Any:
    """Contact points whose hashes are under `count` keys, brought under all."""
    if count == keys.count:
        return table
    for name in HASHED:
        values = [keys.raised(value, count) for value in table.column(name).to_pylist()]
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return table


def read_standing(version: Path, purpose: str, customer_ids: Collection[str]) -> dict[str, dict[str, bool]]:
    """Customer → contact channel → whether consent to the purpose was granted last, or withdrawn.

    Channels of which a customer has said nothing are absent. A version from before this was kept says nothing
    of anybody.
    """
    if STANDING not in list_marts(version):
        return {}
    table: Any = read_mart(version, STANDING, ["customer_id", "purpose", "contact_channel", "is_granted"])
    wanted = pa.array(sorted(customer_ids), pa.string())
    table = table.filter(pc.is_in(table.column("customer_id"), value_set=wanted))
    found: dict[str, dict[str, bool]] = {}
    for row in table.filter(pc.equal(table.column("purpose"), purpose)).to_pylist():
        found.setdefault(row["customer_id"], {})[row["contact_channel"]] = row["is_granted"]
    return found
