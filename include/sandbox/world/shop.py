"""The web shop: accounts, and orders with their lines and progress."""

import numpy as np

from include.sandbox.world.arrivals import Arrivals, different
from include.sandbox.world.calendar import DAY_US, Period
from include.sandbox.world.catalogue import Baskets, Catalogue, fill, line_rows
from include.sandbox.world.dress import ACCOUNT, GUEST, dress
from include.sandbox.world.entities import creation, versions
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.spec import Array, Rows, only
from include.sandbox.world.stores import correct_lines
from include.sandbox.world.tables import money, stack, take

ACCOUNT_LOYALTY = 0.72  # of those who hold a card by then: about a third of all accounts
GUEST_ORDERS = 0.10
CANCELLED = 0.03


def customers(people: People, period: Period) -> tuple[Rows, Rows]:
    """Rows of `customers`: each account when it is opened, and again when its owner's details change."""
    draw, accounts = period.rng("customers"), people.accounts
    post = Arrivals(draw, period.has_calm_shop)
    account, day = versions(people, period, accounts["person"], accounts["day"], "account")
    who, persons = accounts["person"][account], people.persons
    created = creation(people, period, accounts["person"], accounts["day"], "account")[account]
    is_first = day == accounts["day"][account]
    shown = np.where(is_first, created, creation(people, period, who, day, "account change"))
    has_card = (persons["card_day"][who] <= day) & (draw.random(len(who)) < ACCOUNT_LOYALTY)
    rows = dress(people, who, day, ACCOUNT, draw) | {
        "account_id": accounts["account_id"][account],
        "created_at": created,
        "email": accounts["email"][account],
        "loyalty_id": only(has_card, persons["loyalty_id"][who]),
        "cookie_id": accounts["cookie_id"][account],
        "device_id": accounts["device_id"][account],
    }
    rows = post.arrive(rows, shown, "account_id", "email", born="birth_date")
    changed = {"last_name": different(rows["last_name"], persons["last_name"][who])}
    return post.correct(rows, changed), {"record_key": accounts["account_id"][account], "person": who}


def account_on(people: People, who: Array, days: Array, draw: np.random.Generator) -> Array:
    """Row in `people.accounts` that each of `who` uses on a day, or -1 where they have none yet."""
    accounts = people.accounts
    first = np.searchsorted(accounts["person"], who)
    first = np.minimum(first, max(len(accounts["person"]) - 1, 0))
    second = np.minimum(first + 1, max(len(accounts["person"]) - 1, 0))
    if not len(accounts["person"]):
        return np.full(len(who), -1)
    has_first = (accounts["person"][first] == who) & (accounts["day"][first] <= days)
    has_second = (accounts["person"][second] == who) & (accounts["day"][second] <= days)
    chosen = np.where(has_second & (draw.random(len(who)) < 0.5), second, first)
    return np.where(has_first, chosen, np.where(has_second, second, -1))


def ordering(people: People, period: Period, goods: Catalogue, rows: Rows) -> tuple[Rows, Baskets]:
    """With which account and device web purchases are made, and of what."""
    draw = period.rng("ordering")
    account = account_on(people, rows["person"], rows["day"], draw)
    account = np.where(draw.random(len(account)) < GUEST_ORDERS, -1, account)
    used = people.device_of(rows["person"], draw)
    rows = rows | used | {"account": account, "order_id": by_day("W", rows["day"])}
    return rows, fill(goods, rows, people.liking, draw)


def orders(
    people: People, period: Period, goods: Catalogue, ordered: Rows, baskets: Baskets
) -> tuple[dict[str, Rows], Rows]:
    """Rows of `orders` and `order_lines`; truth of the guests' orders."""
    draw, n = period.rng("orders"), len(ordered["person"])
    post = Arrivals(draw, period.has_calm_shop)
    heads, is_guest = _heads(people, period, ordered, draw), ordered["account"] < 0
    cents = baskets.totals(n)
    heads |= {"total_amount": money(cents), "currency": np.full(n, period.spec.currency, object)}
    visible = ordered["at"] + post.delays(n)
    lines = line_rows(goods, baskets) | {"unit_price": money(baskets.cents)}
    lines |= {"order_id": ordered["order_id"][baskets.basket], "_visible_at": visible[baskets.basket]}
    lines["_copies"] = np.ones(len(baskets.line), np.int64)
    lines = post.damage(lines, "line_number", "sku", "unit_price")
    early, last = _progress(heads, visible, period, post)
    last, lines = correct_lines(last, lines, baskets, cents, last["_visible_at"], post)
    truth = {"record_key": ordered["order_id"][is_guest], "person": ordered["person"][is_guest]}
    return {"orders": stack([*early, last]), "order_lines": lines}, truth


def _heads(people: People, period: Period, ordered: Rows, draw: np.random.Generator) -> Rows:
    who, days, account = ordered["person"], ordered["day"], ordered["account"]
    heads, is_guest = dress(people, who, days, GUEST, draw), account < 0
    if len(people.accounts["person"]):
        heads["email"] = np.where(is_guest, heads["email"], people.accounts["email"][account])
        named = only(~is_guest, people.accounts["account_id"][account])
    else:
        named = np.full(len(who), None, object)
    cookie = only(draw.random(len(who)) < 0.8, ordered["cookie_id"])
    return heads | {
        "order_id": ordered["order_id"], "ordered_at": ordered["at"], "account_id": named,
        "cookie_id": cookie, "device_type": ordered["device_type"],
    }  # fmt: skip


def _progress(heads: Rows, visible: Array, period: Period, post: Arrivals) -> tuple[list[Rows], Rows]:
    """Versions of each order: placed or paid, shipped, delivered or cancelled; the last one apart.

    What the year of history has overtaken is left out: no reader can see it any more.
    """
    draw, n = post.draw, len(visible)
    never = np.full(n, np.datetime64("NaT"))
    cancelled = draw.random(n) < CANCELLED
    shipped = visible + _days(draw.uniform(0.4, 2.5, n))
    arrived = np.where(cancelled, shipped, shipped + _days(draw.uniform(0.8, 4, n)))
    stages = [
        (np.where(draw.random(n) < 0.3, "placed", "paid").astype(object), visible, shipped),
        (np.full(n, "shipped", object), shipped, np.where(cancelled, shipped, arrived)),
        (np.where(cancelled, "cancelled", "delivered").astype(object), arrived, never),
    ]
    out = []
    for status, since, until in stages:
        rows = post.damage(post.stamp(heads | {"status": status}, since), "", "currency", "total_amount")
        overtaken = (until < period.end) & period.is_history
        out.append(take(rows, ~overtaken & (since != until)))
    return out[:-1], out[-1]


def _days(days: Array) -> Array:
    return np.asarray((days * DAY_US).astype(np.int64).astype("timedelta64[us]"))
