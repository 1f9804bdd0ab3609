"""Ways in that are open to everybody: what a stranger does who knows one thing of a customer.

Each function gets the attack (attackers.py) and the number of the victim.
"""

from datetime import UTC, date, datetime
from typing import Any

BEFORE, AFTER = date(2026, 3, 14), date(2026, 3, 15)
LONG_AGO, SINCE, NOW = (datetime(*day, 10, tzinfo=UTC) for day in ((2019, 5, 1), (2025, 2, 1), (2026, 3, 15)))
CARD, ACCOUNT, BOTH = "card", "account", "both"


def account_by_telephone(attack: Any, number: int) -> None:
    """Opens an account with the victim's name and telephone number."""
    attack.bring(number, "shop/customers", account_id=f"S{number}", **attack.typed(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def account_by_card(attack: Any, number: int) -> None:
    """Opens an account and types the victim's card number."""
    attack.bring(number, "shop/customers", account_id=f"S{number}", **attack.typed(number, "loyalty_id"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def guest_by_telephone(attack: Any, number: int) -> None:
    """Orders as a guest with the victim's name and number."""
    attack.bring(number, "shop/orders", order_id=f"S{number}", **attack.typed(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def forged_session(attack: Any, number: int) -> None:
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


def contact_by_telephone(attack: Any, number: int) -> None:
    """Takes a card of an own number, with the victim's name and telephone, and asks to be erased."""
    typed = attack.typed(number, "phone")
    attack.bring(number, "crm/contacts", contact_id=f"S{number}", loyalty_id=f"S{number}", **typed)
    attack.refuse(number, contact_id=f"S{number}")


def subscriber_by_browser(attack: Any, number: int) -> None:
    """Subscribes with the victim's name and browser, and leaves."""
    typed = attack.typed(number, "cookie_id", "device_id")
    typed = {name: value for name, value in typed.items() if name != "country"}
    attack.bring(number, "email/subscribers", subscriber_id=f"S{number}", status="unsubscribed", **typed)
    attack.refuse(number, subscriber_id=f"S{number}")


def old_account(attack: Any, number: int) -> None:
    """Enters the victim's name and number into an account that is older than anything of the victim's."""
    own = {"account_id": f"S{number}", "email": f"s{number}@stranger.example"}
    own |= {
        "created_at": LONG_AGO,
        "phone": f"+447700901{number:03d}",
        "first_name": "Mal",
        "last_name": "Ory",
    }
    attack.bring(number, "shop/customers", BEFORE, LONG_AGO, **own)
    attack.bring(number, "shop/customers", **{**own, **attack.typed(number, "phone")})
    attack.refuse(number, email=f"s{number}@stranger.example")


def old_customer(attack: Any, number: int) -> None:
    """A namesake of long standing orders as a guest, with the own address and the victim's number."""
    attack.bring(number, "shop/customers", BEFORE, LONG_AGO, account_id=f"S{number}", **attack.typed(number))
    attack.bring(number, "shop/orders", order_id=f"S{number}", **attack.typed(number, "phone"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def receipt_by_card(attack: Any, number: int) -> None:
    """Names the victim's card at a till, and an own address."""
    attack.bring(number, "stores/receipts", receipt_id=f"S{number}", **attack.typed(number, "loyalty_id"))
    attack.refuse(number, email=f"s{number}@stranger.example")


def guest_by_address(attack: Any, number: int) -> None:
    """Orders as a guest with the victim's e-mail address and an own telephone number."""
    typed = {
        **attack.typed(number),
        "email": attack.victim(number)["email"],
        "phone": f"+447700902{number:03d}",
    }
    attack.bring(number, "shop/orders", order_id=f"S{number}", **typed)
    attack.refuse(number, phone=f"+447700902{number:03d}")


def shared_browser(attack: Any, number: int) -> None:
    """Opens an account in the browser that the victim left open."""
    typed = attack.typed(number, "cookie_id", "device_id")
    attack.bring(number, "shop/customers", account_id=f"S{number}", **typed)
    attack.refuse(number, email=f"s{number}@stranger.example")


def changed_order(attack: Any, number: int) -> None:
    """Has the victim's name and number written on a guest's order of long ago."""
    own = {"order_id": f"S{number}", "email": f"s{number}@stranger.example", "ordered_at": LONG_AGO}
    attack.bring(number, "shop/orders", BEFORE, LONG_AGO, **own, first_name="Mal", last_name="Ory")
    attack.bring(number, "shop/orders", **{**own, **attack.typed(number, "phone")})
    attack.refuse(number, email=f"s{number}@stranger.example")


def late_account(attack: Any, number: int) -> None:
    """An old account, refused until now for a value that it held, comes with the victim's number."""
    own = attack.typed(number, "phone") | {"created_at": LONG_AGO}
    attack.bring(number, "shop/customers", account_id=f"S{number}", **own)
    attack.refuse(number, email=f"s{number}@stranger.example")


def bridge_by_number(attack: Any, number: int) -> None:
    """Opens an account on the eve, then orders as a guest with its number and the victim's address."""
    _bridge(attack, number, {"phone": f"+447700903{number:03d}"}, "shop/orders", "order_id")


def bridge_by_card(attack: Any, number: int) -> None:
    """The same with a card of one's own, shown at a till with the victim's address."""
    _bridge(attack, number, {"loyalty_id": f"S{number}"}, "stores/receipts", "receipt_id")


def _bridge(attack: Any, number: int, own: dict[str, str], place: str, key: str) -> None:
    """An account with something of one's `own`, and a guest's record with that and the victim's address."""
    account = {"account_id": f"S{number}", **attack.typed(number), **own}
    attack.bring(number, "shop/customers", BEFORE, NOW, **account)
    guest = {**attack.typed(number), **own, "email": attack.victim(number)["email"]}
    attack.bring(number, place, **{key: f"S{number}"}, **guest)
    attack.refuse(number, email=f"s{number}@stranger.example")


def bridge_by_session(attack: Any, number: int) -> None:
    """Forges a visit of the own account that names the victim's address and card."""
    attack.bring(number, "shop/customers", BEFORE, NOW, account_id=f"S{number}", **attack.typed(number))
    victim = attack.victim(number)
    said = {"account_id": f"S{number}", "email": victim["email"], "loyalty_id": victim["loyalty_id"]}
    attack.bring(number, "shop/web_events", event_id=f"S{number}", session_id=f"S{number}", **said)
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
    (bridge_by_number, (CARD, ACCOUNT, BOTH)),
    (bridge_by_card, (CARD, ACCOUNT, BOTH)),
    (bridge_by_session, (CARD, BOTH)),
)
"""Each way in, and what a victim must have for it to lead anywhere."""
