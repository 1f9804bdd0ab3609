"""A hundred customers, and a hundred strangers who each know of one of them what is easily known.

Every way in is one that any visitor has: a sign-up, a guest's order, a card number typed at a till, a forged
event of a browser. Each stranger then refuses and asks to be erased, for the stranger's own address alone.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tests.warehouse.attack_ways import ACCOUNT, AFTER, BEFORE, CARD, NOW, SINCE, WAYS
from tests.warehouse.small_lake import STREAMS, land

KEYS = {
    "shop/customers": "account_id",
    "shop/orders": "order_id",
    "shop/web_events": "session_id",
    "crm/contacts": "contact_id",
    "email/subscribers": "subscriber_id",
    "stores/receipts": "receipt_id",
}
COLUMNS = {stream.label: stream.columns for stream in STREAMS}
GRANTS = [(purpose, channel) for purpose in ("marketing", "service") for channel in ("email", "sms", "ads")]
FIRST = ["Ana", "Boris", "Cleo", "Dmitri", "Elsa", "Fergus", "Greta", "Hugo", "Irma", "Jonas"]
LAST = ["Archer", "Bellamy", "Carver", "Dobson", "Everly", "Fisher", "Grimshaw", "Hollis", "Ivory", "Jarvis"]
Row = dict[str, Any]


class Attack:
    """Rows of both nights, and whose each record is: `victims` their own, `attackers` by whom they attack."""

    def __init__(self) -> None:
        self.rows: dict[date, dict[str, list[Row]]] = {BEFORE: defaultdict(list), AFTER: defaultdict(list)}
        self.victims: list[Row] = []
        self.attackers: list[Row] = []
        self._move()
        self.rows[BEFORE]["shop/orders"].append({"order_id": "O", "email": "other@mail.example"})
        self.rows[BEFORE]["shop/order_lines"].append({"order_id": "O", "line_number": 1, "sku": "s"})
        for number in range(100):
            way, shapes = WAYS[number % len(WAYS)]
            self._live(number, shapes[number // len(WAYS) % len(shapes)])
            way(self, number)

    def land(self, settings, night: date) -> None:
        """Write the partitions of one night; streams without rows land empty."""
        for place in COLUMNS:
            land(settings, place, night, *self.rows[night][place])

    def records(self, of: str) -> pa.Table:
        """channel, stream, record_key, person_id of the `victims` or the `attackers`."""
        return pa.Table.from_pylist(getattr(self, of))

    def victim(self, number: int) -> Row:
        """What is known of a victim."""
        first, last = _name(number)
        return {
            "first_name": first, "last_name": last, "email": f"v{number}@victim.example",
            "phone": f"+447700900{number:03d}", "country": "GB", "loyalty_id": f"L{number}",
            "account_id": f"A{number}", "cookie_id": f"k{number}", "device_id": f"d{number}",
        }  # fmt: skip

    def typed(self, number: int, *known: str) -> Row:
        """What a stranger writes: the name, what else is `known` of the victim, and an own address."""
        victim = self.victim(number)
        given = {name: victim[name] for name in ("first_name", "last_name", "country", *known)}
        return {"email": f"s{number}@stranger.example", **given}

    def bring(self, number: int, place: str, night: date = AFTER, at: datetime = NOW, **row: Any) -> None:
        """A record of the stranger."""
        self._add(self.attackers, number, place, night, at, row)

    def refuse(self, number: int, **who: Any) -> None:
        """The stranger withdraws everything and asks to be erased."""
        for turn, (purpose, channel) in enumerate(GRANTS):
            self._say(AFTER, f"s{number}-{turn}", NOW, "withdrawn", purpose, channel, who)
        self._say(AFTER, f"s{number}-e", NOW, "erasure_requested", "service", "email", who)

    def _live(self, number: int, shape: str) -> None:
        person = self.victim(number)
        if shape != CARD:
            account = {key: value for key, value in person.items() if key != "loyalty_id"}
            self._add(self.victims, number, "shop/customers", BEFORE, SINCE, account)
        if shape != ACCOUNT:
            card = {key: person[key] for key in ("first_name", "last_name", "email", "phone", "country")}
            card |= {"contact_id": f"C{number}", "loyalty_id": person["loyalty_id"]}
            self._add(self.victims, number, "crm/contacts", BEFORE, SINCE, card)
            sale = {key: person[key] for key in ("first_name", "last_name", "email", "loyalty_id")}
            self._add(
                self.victims, number, "stores/receipts", BEFORE, SINCE, {"receipt_id": f"R{number}", **sale}
            )
        named = {"email": person["email"], "phone": person["phone"]}
        who = named if shape == ACCOUNT else {"contact_id": f"C{number}"}
        for turn, (purpose, channel) in enumerate(GRANTS):
            self._say(BEFORE, f"v{number}-{turn}", SINCE, "granted", purpose, channel, who)

    def _move(self) -> None:
        """Somebody honest, known in shop and newsletter, gives the shop another address."""
        known = {"first_name": "Kim", "last_name": "Honest", "cookie_id": "kim"}
        for night, at, email in ((BEFORE, SINCE, "kim@old.example"), (AFTER, NOW, "kim@new.example")):
            account = {"account_id": "KIM", "created_at": SINCE, "updated_at": at, "email": email, **known}
            self.rows[night]["shop/customers"].append(account)
        letter = {"subscriber_id": "KIM", "email": "kim@old.example", "created_at": NOW, "updated_at": NOW}
        self.rows[AFTER]["email/subscribers"].append({**letter, **known, "status": "subscribed"})

    def _add(self, whose: list[Row], number: int, place: str, night: date, at: datetime, row: Row) -> None:
        moments = ("created_at", "updated_at", "ordered_at", "sold_at", "occurred_at")
        self.rows[night][place].append({**_dated(place, moments, at), **row})
        channel, stream = place.split("/")
        whose.append({
            "channel": channel, "stream": stream, "record_key": row[KEYS[place]], "person_id": f"v{number}",
        })  # fmt: skip

    def _say(self, night, key, at, status, purpose, channel, who) -> None:
        self.rows[night]["crm/consents"].append({
            "consent_event_id": key, "occurred_at": at, "updated_at": at, "status": status,
            "purpose": purpose, "channel": channel, "jurisdiction": "GB", **who,
        })  # fmt: skip


def _name(number: int) -> tuple[str, str]:
    return FIRST[number % 10], LAST[number // 10]


def _dated(place: str, moments: tuple[str, ...], at: datetime) -> Row:
    return {name: at for name in moments if name in COLUMNS[place]}
