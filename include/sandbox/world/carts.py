"""Carts of the web shop: those that became orders, and those left standing."""

import numpy as np

from include.sandbox.world.arrivals import Arrivals
from include.sandbox.world.calendar import DAY_US, Period, busyness
from include.sandbox.world.catalogue import Baskets, Catalogue, fill
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.shop import account_on
from include.sandbox.world.spec import Array, Rows, only, texts
from include.sandbox.world.tables import money, stack, take
from include.sandbox.world.traits import local_hours, share_on_web

ABANDONED = 0.8
"""Carts left standing for each web order."""


def abandoned(people: People, period: Period, goods: Catalogue) -> tuple[Rows, Baskets]:
    """Carts that people fill and leave (person, day, at, account, device), and what is in them."""
    draw, persons = period.rng("abandoned"), people.persons
    span = np.arange(period.first, period.last + 1)
    begin = np.clip(persons["joined"] - period.first, 0, len(span))
    end = np.maximum(np.clip(persons["dropped_out_day"] - period.first, 0, len(span)), begin)
    mean = (
        persons["purchase_rate"] * share_on_web(persons) * ABANDONED * busyness(span).mean() * (end - begin)
    )
    who = np.repeat(np.arange(len(people)), draw.poisson(mean))
    days = period.first + begin[who] + (draw.random(len(who)) * (end - begin)[who]).astype(np.int64)
    at = period.moments(days, persons["time_zone"][who], local_hours(persons, who, days, draw))
    order = np.lexsort((who, at))
    rows = {"person": who[order], "day": days[order], "at": at[order], "is_web": np.ones(len(who), bool)}
    rows |= {"spend_level": persons["spend_level"][rows["person"]]}
    rows |= people.device_of(rows["person"], draw)
    rows["account"] = account_on(people, rows["person"], rows["day"], draw)
    rows["account"] = np.where(draw.random(len(who)) < 0.3, -1, rows["account"])
    return rows, fill(goods, rows, people.liking, draw)


def carts(
    people: People, period: Period, goods: Catalogue, parts: list[tuple[Rows, Baskets]]
) -> tuple[Rows, Rows]:
    """Rows of `carts` and truth of the anonymous. `parts`: those ordered, those left."""
    draw = period.rng("carts")
    rows = stack([_columns(goods, carted, baskets) for carted, baskets in parts])
    rows = take(rows, np.lexsort((rows["person"], rows["at"])))
    n, account, ids = len(rows["at"]), rows["account"], people.accounts["account_id"]
    known = account >= 0
    rows |= {"cart_id": by_day("K", rows["day"]), "currency": np.full(n, period.spec.currency, object)}
    if len(ids):
        rows["account_id"] = only(known, ids[account])
        rows["email"] = only(known & (draw.random(n) < 0.3), people.accounts["email"][account])
    start = rows["at"] - _days(draw.uniform(0.002, 0.03, n))
    rows["created_at"] = np.where(rows["status"] == "ordered", np.maximum(start, period.start), rows["at"])
    shown = rows["at"] + _days(np.where(rows["status"] == "open", draw.uniform(0.001, 0.01, n), 0))
    truth = {"record_key": rows["cart_id"][~known], "person": rows["person"][~known]}
    post = Arrivals(draw, period.has_calm_shop)
    rows = post.arrive(rows, shown, "cart_id", "status", "total_amount")
    with_delivery = {"total_amount": money(rows.pop("cents") + 395)}
    return post.correct(rows, with_delivery), truth


def _columns(goods: Catalogue, carted: Rows, baskets: Baskets) -> Rows:
    n = len(carted["person"])
    cents = baskets.totals(n)
    return {name: carted[name] for name in ("person", "day", "at", "account", "cookie_id")} | {
        "status": np.full(n, "ordered" if "order_id" in carted else "open", object),
        "items": _items(goods, baskets, n),
        "cents": cents,
        "total_amount": money(cents),
    }


def _items(goods: Catalogue, baskets: Baskets, count: int) -> Array:
    """Each basket as a JSON array of sku, category, quantity, unit_price."""
    columns = (goods.sku[baskets.product], goods.category[baskets.product], money(baskets.cents))
    lines: list[list[str]] = [[] for _ in range(count)]
    for basket, quantity, sku, category, price in zip(
        baskets.basket.tolist(), baskets.quantity.tolist(), *columns, strict=True
    ):
        lines[basket].append(
            f'{{"sku":"{sku}","category":"{category}","quantity":{quantity},"unit_price":"{price}"}}'
        )
    return texts([f"[{','.join(items)}]" for items in lines])


def _days(days: Array) -> Array:
    return np.asarray((days * DAY_US).astype(np.int64).astype("timedelta64[us]"))
