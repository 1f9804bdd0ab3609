"""A made-up company of some people over three nights, written straight into a lake.

Small, but with what makes nights hard: records that only a later login joins, corrections that part what
was joined, shared mailboxes, late rows, orders cancelled, consents withdrawn, people who ask to be erased.
"""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.warehouse.small_lake import STREAMS, land

NIGHTS = [date(2026, 3, 13), date(2026, 3, 14), date(2026, 3, 15)]
COUNTRIES = [("GB", "Europe/London"), ("FR", "Europe/Paris"), ("US", "America/Chicago"), ("DE", None)]
FIRST = ["Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ines", "Jonas", "Kira", "Leo"]
LAST = ["Archer", "Baker", "Carver", "Dyer", "Fisher", "Glover", "Mason", "Miller", "Potter", "Turner"]
CATEGORIES = ["garden", "kitchen", "toys", "books"]
COLUMNS = {stream.label: stream.columns for stream in STREAMS}


class SmallCompany:
    """Rows by channel, stream and the night on which they arrive."""

    def __init__(self, people: int = 160, seed: int = 7) -> None:
        self.draw = random.Random(seed)
        self.rows: dict[str, dict[date, list[dict]]] = defaultdict(lambda: defaultdict(list))
        self.count = 0
        for number in range(people):
            self._live(number)
        self._without_address(people)

    def _add(self, where, at, /, **row):
        """A row arrives on its own day, some a day later; what is older than the first night came with it."""
        day = at.date() + timedelta(days=self.draw.random() < 0.04)
        night = max(NIGHTS[0], day)
        if night <= NIGHTS[-1] and where in COLUMNS:  # a company may lack a channel
            row = {"updated_at": at, "currency": "GBP", **row}
            self.rows[where][night].append({k: v for k, v in row.items() if k in COLUMNS[where]})

    def _id(self, prefix):
        self.count += 1
        return f"{prefix}{self.count:05d}"

    def _live(self, number):
        person, began = self._person(number), self._moment(is_newcomer=number % 4 == 0)
        self._account(person, began)
        if number % 8 == 2:
            self._found_to_be_one(person, began)
        elif number % 8 == 5:
            self._found_to_be_two(person, began)
        else:
            self._as_most_do(person, began)

    def _person(self, number):
        first, last = self.draw.choice(FIRST), self.draw.choice(LAST)
        country, zone = self.draw.choice(COUNTRIES)
        email = f"{first}.{last}{number}@mail.example".lower() if number % 9 else "family@home.example"
        return {
            "first_name": first,
            "last_name": last,
            "country": country,
            "time_zone": zone,
            "email": email,
            "phone": f"07700 9{number:05d}",
            "loyalty_id": f"L{number:06d}",
            "cookie_id": f"k{number}",
            "account_id": f"a{number:05d}" if number % 8 in (2, 5) or number % 3 else None,
        }

    def _found_to_be_one(self, person, began):
        """Account and card share nothing until a session names both, on one of the later nights."""
        self._card({**person, "email": None}, began)
        moment = self._on_a_later_night()
        self._visit({key: person[key] for key in ("account_id", "loyalty_id", "cookie_id", "email")}, moment)

    def _found_to_be_two(self, person, began):
        """Account and card share an e-mail until the account's is corrected, on one of the later nights."""
        self._card({**person, "phone": None}, began)
        self._account({**person, "email": f"new.{person['email']}"}, self._on_a_later_night(), began)

    def _without_address(self, number):
        """A newcomer known by a card alone, whom nothing can reach."""
        nowhere = {"email": None, "phone": None}
        self._card({**self._person(number), **nowhere}, self._moment(is_newcomer=True))

    def _as_most_do(self, person, began):
        if self.draw.random() < 0.6:
            self._card(person, self._later(began))
        if self.draw.random() < 0.5:
            self._newsletter(person, self._later(began))
        for _ in range(self.draw.randrange(5)):
            self._purchase(person, self._later(began))
        for _ in range(self.draw.randrange(3)):
            is_known = self.draw.random() < 0.5
            self._visit(person if is_known else {"cookie_id": person["cookie_id"]}, self._later(began))

    def _moment(self, is_newcomer):
        days = self.draw.randrange(7) if is_newcomer else self.draw.randrange(350)
        day = datetime(2026, 3, 15, tzinfo=UTC) - timedelta(days=days)
        return day + timedelta(minutes=self.draw.randrange(1, 24 * 60))

    def _on_a_later_night(self):
        return datetime(2026, 3, self.draw.choice([14, 15]), 12, tzinfo=UTC)

    def _later(self, began):
        """Some moment from `began` on, often on one of the last nights."""
        end = datetime(2026, 3, 16, tzinfo=UTC)
        start = max(began, end - timedelta(days=3)) if self.draw.random() < 0.4 else began
        return start + timedelta(seconds=self.draw.random() * (end - start).total_seconds())

    def _account(self, person, at, created_at=None):
        if person["account_id"]:
            account = {**person, "loyalty_id": None, "phone": None, "created_at": created_at or at}
            self._add("shop/customers", at, **account)

    def _card(self, person, at):
        contact = self._id("c")
        known = {"tier": "silver", "points": 10, "gender": "x", "language": None}
        self._add("crm/contacts", at, contact_id=contact, created_at=at, **person, **known)
        for purpose, channel in (("marketing", "email"), ("marketing", "sms"), ("service", "email")):
            self._consent(person, contact, None, purpose, channel, at)

    def _consent(self, person, contact, subscriber, purpose, channel, at):
        event = {
            "contact_id": contact, "subscriber_id": subscriber, "purpose": purpose, "channel": channel,
            "email": person["email"], "phone": None, "jurisdiction": person["country"],
        }  # fmt: skip
        fate = self.draw.random()
        self._say("granted", event, at)
        if fate < 0.15:
            self._say("erasure_requested" if fate < 0.03 else "withdrawn", event, self._later(at))

    def _say(self, status, event, at):
        told = {"consent_event_id": self._id("e"), "occurred_at": at, "status": status}
        self._add("crm/consents", at, **told, **event)

    def _newsletter(self, person, at):
        subscriber = self._id("s")
        row = {**person, "subscriber_id": subscriber, "created_at": at, "status": "subscribed"}
        self._add("email/subscribers", at, **row)
        self._consent(person, None, subscriber, "marketing", "email", at)
        for _ in range(self.draw.randrange(4)):
            at = self._later(at)
            kind = self.draw.choice(["accepted", "delivered", "open", "click", "bounce", "unsubscribe"])
            event = {"event_id": self._id("m"), "message_id": self._id("id"), "campaign": "spring"}
            event |= {"recipient": person["email"], "event_type": kind, "occurred_at": at}
            self._add("email/events", at, **event, reason="550 unknown" if kind == "bounce" else None)

    def _purchase(self, person, at):
        price = Decimal(self.draw.randrange(100, 9000)) / 100
        line = {"line_number": 1, "sku": self._id("p"), "category": self.draw.choice(CATEGORIES)}
        line |= {"description": "Thing", "quantity": 1, "unit_price": price}
        if self.draw.random() < 0.5:
            self._receipt(person, at, price, line)
            return
        order = {**person, "order_id": self._id("o"), "ordered_at": at, "total_amount": price}
        self._add("shop/orders", at, **order, status="paid")
        self._add("shop/order_lines", at, order_id=order["order_id"], **line)
        if self.draw.random() < 0.1:
            self._add("shop/orders", self._later(at), **order, status="cancelled")

    def _receipt(self, person, at, price, line):
        receipt = self._id("r")
        nothing = {**dict.fromkeys(person), "country": person["country"]}
        sale = {**(person if self.draw.random() < 0.7 else nothing), "receipt_id": receipt}
        self._add("stores/receipts", at, store_id="st1", sold_at=at, total_amount=price, **sale)
        self._add("stores/receipt_lines", at, receipt_id=receipt, **line)
        if self.draw.random() < 0.2:
            at = self._later(at)
            back = {"receipt_id": receipt, "quantity": 1, "amount": price, "sku": line["sku"]}
            self._add("stores/returns", at, return_id=self._id("b"), returned_at=at, store_id="st1", **back)

    def _visit(self, person, at):
        session = {**person, "session_id": self._id("v"), "device_type": "mobile"}
        for minutes, kind in enumerate(["page_view", "login", "add_to_cart"]):
            moment = at + timedelta(minutes=minutes)
            event = {"event_id": self._id("w"), "occurred_at": moment, "event_type": kind}
            self._add("shop/web_events", moment, **event, **session)
        cart = {**person, "cart_id": self._id("t"), "status": "open", "total_amount": Decimal(9)}
        self._add("shop/carts", at, created_at=at, **cart)

    def land(self, settings, night):
        """Write the partitions of one night; of what came twice in it, the last."""
        for stream in STREAMS:
            rows = self.rows[stream.label][night]
            newest = {tuple(row[key] for key in stream.key): row for row in rows}
            land(settings, stream.label, night, *newest.values())
