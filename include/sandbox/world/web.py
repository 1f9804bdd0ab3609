"""Events of visits to the web shop, as its tag writes them."""

import numpy as np

from include.sandbox.world.arrivals import Arrivals
from include.sandbox.world.calendar import Period
from include.sandbox.world.catalogue import Baskets, Catalogue, choose
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.sessions import BROWSE, ORDER
from include.sandbox.world.spec import Array, Rows, given, only, pick, texts

EXTRA_VIEWS = 1.4
SECONDS_BETWEEN = 40
REFERRERS = np.array(
    [None, None, "https://search.example/", "https://social.example/", "https://mail.example/"], object
)


def events(
    people: People, period: Period, goods: Catalogue, visits: Rows, ordered: Baskets, left: Baskets
) -> tuple[Rows, Rows]:
    """Rows of `web_events`, and truth: session_id by person."""
    draw = period.rng("web events")
    rows = _steps(visits, draw)
    rows |= _goods(people, goods, visits, rows, (ordered, left), draw)
    of = rows["visit"]
    for name in ("session_id", "cookie_id", "device_id", "device_type"):
        rows[name] = visits[name][of]
    is_greeting = np.isin(rows["event_type"], ["login", "subscribe"])
    for name in ("email", "account_id"):
        rows[name] = only(is_greeting, visits[name][of])
    is_last = np.append(of[1:] != of[:-1], True)[: len(of)]
    rows["loyalty_id"] = only(is_last, visits["loyalty_id"][of])
    is_first = np.append(True, of[1:] != of[:-1])[: len(of)]
    rows["referrer"] = only(is_first, pick(draw, REFERRERS, len(of)))
    return _written(period, visits, rows, draw), {
        "record_key": visits["session_id"],
        "person": visits["person"],
    }


def _written(period: Period, visits: Rows, rows: Rows, draw: np.random.Generator) -> Rows:
    """Times, numbers and pages; late, doubled, corrected and broken ones."""
    of, count = rows["visit"], np.bincount(rows["visit"], minlength=len(visits["at"]))
    before_end = (count[of] - 1 - rows["position"]) * SECONDS_BETWEEN + draw.integers(0, 30, len(of))
    after_start = rows["position"] * SECONDS_BETWEEN + draw.integers(0, 30, len(of))
    seconds = np.where(visits["kind"][of] == BROWSE, after_start, -before_end)
    at = visits["at"][of] + (seconds * 1_000_000).astype("timedelta64[us]")
    at = np.clip(at, period.start, period.end - np.timedelta64(1, "s"))
    rows |= {"occurred_at": at, "event_id": by_day("E", visits["day"][of]), "page": _pages(rows)}
    post = Arrivals(draw, period.has_calm_shop)
    rows = post.arrive(rows, at, "event_id", "event_type")
    return post.correct(rows, {"page": np.full(len(of), "/redirected", object)})


def _steps(visits: Rows, draw: np.random.Generator) -> Rows:
    """Event types in the order of each visit: visit (row), position, event_type."""
    n = len(visits["at"])
    extra = draw.poisson(EXTRA_VIEWS, n)
    views = np.repeat(np.arange(n), extra)
    kinds = pick(draw, np.array(["product_view"] * 7 + ["search", "search", "page_view"], object), len(views))
    greet = np.flatnonzero(given(visits["greets"]))
    cart, order = np.flatnonzero(visits["kind"] != BROWSE), np.flatnonzero(visits["kind"] == ORDER)
    visit = np.concatenate([np.arange(n), views, greet, cart, order])
    stage = np.repeat(np.arange(5), [n, len(views), len(greet), len(cart), len(order)])
    kind = np.concatenate([
        np.full(n, "page_view", object), kinds, visits["greets"][greet],
        np.full(len(cart), "add_to_cart", object), np.full(len(order), "checkout", object),
    ])  # fmt: skip
    by = np.lexsort((stage, visit))
    visit, kind = visit[by], kind[by]
    return {
        "visit": visit,
        "event_type": kind,
        "position": np.arange(len(visit)) - np.searchsorted(visit, visit),
    }


def _goods(
    people: People, goods: Catalogue, visits: Rows, rows: Rows, baskets: tuple[Baskets, Baskets],
    draw: np.random.Generator,
) -> Rows:  # fmt: skip
    """What is looked at or put in the cart: sku and category."""
    of, n = rows["visit"], len(rows["visit"])
    wants = np.flatnonzero(np.isin(rows["event_type"], ["product_view", "add_to_cart"]))
    who, day = visits["person"][of[wants]], visits["day"][of[wants]]
    product = np.full(n, -1)
    product[wants] = choose(goods, people.liking, who, np.ones(len(who)), day, draw)
    adds = rows["event_type"] == "add_to_cart"
    for kind, carted in ((ORDER, baskets[0]), (1, baskets[1])):
        at = np.flatnonzero(adds & (visits["kind"][of] == kind))
        product[at] = carted.product[carted.line == 1][visits["source"][of[at]]]
    known = product >= 0
    return {
        "sku": only(known, goods.sku[product]),
        "category": only(known, goods.category[product]),
    }


def _pages(rows: Rows) -> Array:
    fixed = {"page_view": "/", "search": "/search", "add_to_cart": "/cart", "checkout": "/checkout",
             "login": "/account", "subscribe": "/newsletter"}  # fmt: skip
    pairs = zip(rows["event_type"].tolist(), rows["sku"].tolist(), strict=True)
    return texts([fixed.get(kind) or f"/p/{sku}" for kind, sku in pairs])
