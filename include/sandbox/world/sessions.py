"""Visits to the web shop: who, when, on which device, and whether they say who they are."""

import numpy as np

from include.sandbox.world.calendar import Period
from include.sandbox.world.identifiers import KIOSKS
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.shop import account_on
from include.sandbox.world.spec import Array, Rows, chance_of, only, texts
from include.sandbox.world.tables import stack, take
from include.sandbox.world.traits import local_hours

BROWSE, CART, ORDER = 0, 1, 2
DEVICE_KNOWN, KIOSK = 0.65, 0.004
LOGIN_OR_SUBSCRIBE = 0.62  # of those who have an account or a subscription: under .45 of all sessions
LOYALTY_SHOWN = 0.15  # of card holders: under .1 of all sessions
ACCOUNT_TOLD = 0.5  # of logins


def sessions(people: People, period: Period, ordered: Rows, left: Rows) -> Rows:
    """Visits, oldest first: session_id, person, day, at, kind, source (row of the order or cart), device and
    what it says of the visitor (`email`, `account_id`, `loyalty_id`, `greets`: login or subscribe)."""
    draw = period.rng("sessions")
    used = ("person", "day", "at", "account", "device_type", "device_id", "cookie_id")
    parts = [
        {name: rows[name] for name in used}
        | {"kind": np.full(len(rows["at"]), kind), "source": np.arange(len(rows["at"]))}
        for rows, kind in ((ordered, ORDER), (left, CART))
    ]
    rows = stack([_browsing(people, period, draw), *parts])
    rows = take(rows, np.lexsort((rows["person"], rows["kind"], rows["at"])))
    rows["session_id"] = by_day("S", rows["day"])
    return _devices(rows, draw) | _greetings(people, rows, draw)


def _browsing(people: People, period: Period, draw: np.random.Generator) -> Rows:
    """Visits that buy nothing: by each person's rate, one from each device, one on the day people join."""
    persons, length = people.persons, period.last - period.first + 1
    begin = np.clip(persons["joined"] - period.first, 0, length)
    end = np.maximum(np.clip(persons["dropped_out_day"] + 60 - period.first, 0, length), begin)
    who = np.repeat(np.arange(len(people)), draw.poisson(persons["session_rate"] * (end - begin)))
    days = period.first + begin[who] + (draw.random(len(who)) * (end - begin)[who]).astype(np.int64)
    new = np.flatnonzero((persons["joined"] >= period.first) & (persons["joined"] <= period.last))
    owner, first = _first_uses(people, period)
    who, days = np.concatenate([who, new, owner]), np.concatenate([days, persons["joined"][new], first])
    at = period.moments(days, persons["time_zone"][who], local_hours(persons, who, days, draw))
    device = people.device_of(who, draw)
    own = np.flatnonzero(~device.pop("is_family")[len(who) - len(owner) :])
    for name, values in device.items():
        values[len(who) - len(owner) + own] = people.devices[name][_device_rows(people, period)[own]]
    n = len(who)
    account = account_on(people, who, days, draw)
    return {"person": who, "day": days, "at": at, "account": account, "kind": np.full(n, BROWSE),
            "source": np.full(n, -1)} | device  # fmt: skip


def _first_uses(people: People, period: Period) -> tuple[Array, Array]:
    """Owner and day of each device's first visit, of those that fall in the period."""
    rows = _device_rows(people, period)
    return people.devices["person"][rows], _first_days(people, period)[rows]


def _device_rows(people: People, period: Period) -> Array:
    days = _first_days(people, period)
    return np.flatnonzero((days >= period.first) & (days <= period.last))


def _first_days(people: People, period: Period) -> Array:
    owner = people.devices["person"]
    joined = np.maximum(people.persons["joined"][owner], period.first if period.is_history else 0)
    room = np.maximum(period.last - joined, 0) if period.is_history else np.full(len(joined), 90)
    chance = chance_of(period.spec.seed, "first use", np.arange(len(owner)))
    return np.asarray(joined + (chance * (room + 1)).astype(np.int64))


def _devices(rows: Rows, draw: np.random.Generator) -> Rows:
    """Two in three sessions know the device; a few are held at a kiosk that many use."""
    n = len(rows["at"])
    kiosk = draw.random(n) < KIOSK
    stand = draw.integers(0, KIOSKS, n)
    known = only(draw.random(n) < DEVICE_KNOWN, rows["device_id"])
    rows["device_id"] = np.where(kiosk, texts([f"kiosk-{k:03d}" for k in stand.tolist()]), known)
    fresh = texts([f"ck-{s}" for s in rows["session_id"].tolist()])
    rows["cookie_id"] = np.where(kiosk, fresh, rows["cookie_id"])
    return rows


def _greetings(people: People, rows: Rows, draw: np.random.Generator) -> Rows:
    """Who logs in or subscribes, and shows a loyalty number."""
    persons, who, n = people.persons, rows["person"], len(rows["at"])
    speaks = draw.random(n) < LOGIN_OR_SUBSCRIBE
    account = rows["account"]
    logs_in = speaks & (account >= 0)
    subscribes = speaks & ~logs_in & (persons["newsletter_day"][who] <= rows["day"])
    mails, ids = people.accounts["email"], people.accounts["account_id"]
    nobody = np.full(n, None, object)
    login_mail = only(logs_in, mails[account]) if len(mails) else nobody
    told = logs_in & (draw.random(n) < ACCOUNT_TOLD)
    has_card = (persons["card_day"][who] <= rows["day"]) & (persons["card_day"][who] < NEVER)
    shows = has_card & (draw.random(n) < LOYALTY_SHOWN)
    return rows | {
        "email": np.where(subscribes, persons["newsletter_email"][who], login_mail),
        "account_id": only(told, ids[account]) if len(ids) else nobody,
        "loyalty_id": only(shows, persons["loyalty_id"][who]),
        "greets": np.where(logs_in, "login", only(subscribes, "subscribe")),
    }
