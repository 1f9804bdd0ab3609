"""A hundred customers, and a hundred strangers who each know of one of them what is easily known.

Every way in is one that any visitor has: a sign-up, a guest's order, a card number typed at a till, a forged
event of a browser. Each stranger then refuses and asks to be erased, for the stranger's own address alone.
"""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from tests.warehouse.small_lake import STREAMS, land

BEFORE, AFTER = date(2026, 3, 14), date(2026, 3, 15)
LONG_AGO, SINCE, NOW = (datetime(*day, 10, tzinfo=UTC) for day in ((2019, 5, 1), (2025, 2, 1), (2026, 3, 15)))
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
CARD, ACCOUNT, BOTH = "card", "account", "both"
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

    def told(self, number: int, *known: str) -> Row:
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


def account_by_telephone(attack: Attack, number: int) -> None:
    """Opens an account with the victim's name and telephone number."""
    attack.bring(number, "shop/customers", account_id=f"S{number}", **attack.told(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def account_by_card(attack: Attack, number: int) -> None:
    """Opens an account and types the victim's card number."""
    attack.bring(number, "shop/customers", account_id=f"S{number}", **attack.told(number, "loyalty_id"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def guest_by_telephone(attack: Attack, number: int) -> None:
    """Orders as a guest with the victim's name and number."""
    attack.bring(number, "shop/orders", order_id=f"S{number}", **attack.told(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def forged_session(attack: Attack, number: int) -> None:
    """Sends an event with the victim's account, browser and device, dated 1970."""
    known = attack.victim(number)
    named = {name: known[name] for name in ("account_id", "cookie_id", "device_id")}
    began = datetime(1970, 1, 2, tzinfo=UTC)
    row = {
        "session_id": f"S{number}",
        "event_id": f"S{number}",
        "email": f"s{number}@stranger.example",
        **named,
    }
    attack.bring(number, "shop/web_events", at=began, **row)
    attack.refuse(number, email=f"s{number}@stranger.example")


def contact_by_telephone(attack: Attack, number: int) -> None:
    """Takes a card of an own number, with the victim's name and telephone, and asks to be erased."""
    told = attack.told(number, "phone")
    attack.bring(number, "crm/contacts", contact_id=f"S{number}", loyalty_id=f"S{number}", **told)
    attack.refuse(number, contact_id=f"S{number}")


def subscriber_by_browser(attack: Attack, number: int) -> None:
    """Subscribes with the victim's name and browser, and leaves."""
    told = attack.told(number, "cookie_id", "device_id")
    told = {name: value for name, value in told.items() if name != "country"}
    attack.bring(number, "email/subscribers", subscriber_id=f"S{number}", status="unsubscribed", **told)
    attack.refuse(number, subscriber_id=f"S{number}")


def old_account(attack: Attack, number: int) -> None:
    """Enters the victim's name and number into an account that is older than anything of the victim's."""
    own = {"account_id": f"S{number}", "email": f"s{number}@stranger.example"}
    own |= {
        "created_at": LONG_AGO,
        "phone": f"+447700901{number:03d}",
        "first_name": "Mal",
        "last_name": "Ory",
    }
    attack.bring(number, "shop/customers", BEFORE, LONG_AGO, **own)
    attack.bring(number, "shop/customers", **{**own, **attack.told(number, "phone")})
    attack.refuse(number, email=f"s{number}@stranger.example")


def old_customer(attack: Attack, number: int) -> None:
    """A namesake of long standing orders as a guest, with the own address and the victim's number."""
    attack.bring(number, "shop/customers", BEFORE, LONG_AGO, account_id=f"S{number}", **attack.told(number))
    attack.bring(number, "shop/orders", order_id=f"S{number}", **attack.told(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def receipt_by_card(attack: Attack, number: int) -> None:
    """Names the victim's card at a till, and an own address."""
    attack.bring(number, "stores/receipts", receipt_id=f"S{number}", **attack.told(number, "loyalty_id"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def guest_by_address(attack: Attack, number: int) -> None:
    """Orders as a guest with the victim's e-mail address and an own telephone number."""
    told = {
        **attack.told(number),
        "email": attack.victim(number)["email"],
        "phone": f"+447700902{number:03d}",
    }
    attack.bring(number, "shop/orders", order_id=f"S{number}", **told)
    attack.refuse(number, phone=f"+447700902{number:03d}")


def shared_browser(attack: Attack, number: int) -> None:
    """Opens an account in the browser that the victim left open."""
    told = attack.told(number, "cookie_id", "device_id")
    attack.bring(number, "shop/customers", account_id=f"S{number}", **told)
    attack.refuse(number, email=f"s{number}@stranger.example")


def changed_order(attack: Attack, number: int) -> None:
    """Has the victim's name and number written on a guest's order of long ago."""
    own = {"order_id": f"S{number}", "email": f"s{number}@stranger.example", "ordered_at": LONG_AGO}
    attack.bring(number, "shop/orders", BEFORE, LONG_AGO, **own, first_name="Mal", last_name="Ory")
    attack.bring(number, "shop/orders", **{**own, **attack.told(number, "phone")})
    attack.refuse(number, email=f"s{number}@stranger.example")


def late_account(attack: Attack, number: int) -> None:
    """An old account, refused until now for a value that it held, comes with the victim's number."""
    told = attack.told(number, "phone") | {"created_at": LONG_AGO}
    attack.bring(number, "shop/customers", account_id=f"S{number}", **told)
    attack.refuse(number, email=f"s{number}@stranger.example")


WAYS = (
    (account_by_telephone, (CARD, ACCOUNT, BOTH)),
    (account_by_card, (CARD, BOTH)),
    (guest_by_telephone, (CARD, ACCOUNT, BOTH)),
    (forged_session, (ACCOUNT, BOTH)),
    (contact_by_telephone, (ACCOUNT,)),
    (subscriber_by_browser, (ACCOUNT, BOTH)),
    (old_account, (CARD, ACCOUNT, BOTH)),
    (old_customer, (CARD, ACCOUNT, BOTH)),
    (receipt_by_card, (CARD, BOTH)),
    (guest_by_address, (CARD, ACCOUNT, BOTH)),
    (shared_browser, (ACCOUNT, BOTH)),
    (changed_order, (CARD, ACCOUNT, BOTH)),
    (late_account, (CARD, ACCOUNT, BOTH)),
)
"""Each way in, and what a victim must have for it to lead anywhere."""
