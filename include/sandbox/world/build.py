"""Putting a world together: the population, the year of history, each later day."""

from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from include.sandbox.world import campaigns, carts, consents, crm, newsletter, replay, responses, shop, web
from include.sandbox.world.calendar import Period, number
from include.sandbox.world.catalogue import catalogue
from include.sandbox.world.people import People, grow
from include.sandbox.world.population import YEAR
from include.sandbox.world.purchases import EFFECT_DAYS, purchases
from include.sandbox.world.sessions import sessions
from include.sandbox.world.spec import Array, Rows, World, WorldSpec
from include.sandbox.world.stores import stores
from include.sandbox.world.tables import SCHEMAS, stack, take, to_table
from include.sandbox.world.truth import records, traits_of

Told: TypeAlias = tuple[dict[tuple[str, str], Rows], dict[tuple[str, str], Rows]]


@lru_cache(maxsize=4)
def _people(spec: WorldSpec, cohorts: int) -> People:
    return grow(spec, cohorts, partial(replay.cohort, spec) if spec.orders else None)


def build_people(spec: WorldSpec, through: date | None = None) -> People:
    """Who has joined by `through` (the first date if None), newcomers of its whole year included."""
    spec = replay.resolve(spec)
    later = 0 if through is None else max((through - spec.first_date).days, 0)
    return _people(spec, 1 + -(-later // YEAR))


def build_history(spec: WorldSpec) -> World:
    """The year ending with `spec.first_date`, and what is known then but shows later (late, corrected).

    With `spec.orders` the shop's orders are the file's, and its last day is the first date.
    """
    spec, last = replay.resolve(spec), number(replay.resolve(spec).first_date)
    people = build_people(spec)
    nothing = pd.DataFrame({"recipient": [], "sent_at": []})
    return _world(people, Period(spec, last - YEAR + 1, last), nothing, np.arange(len(people)))


def build_day(spec: WorldSpec, world_people: Any, day: date, messages_received: pd.DataFrame) -> World:
    """What one later day adds, the same whenever and after whatever other days it is asked for.

    Args:
        world_people: spared rebuilding if it is the `People` of that day; anything else is made anew.
        messages_received: all messages that people got so far, at least those of the last three days:
            recipient, sent_at (aware), message_id, campaign or kind, optionally channel.
    """
    spec = replay.resolve(spec)
    if day <= spec.first_date:
        raise ValueError(f"{day} is part of the history, which ends with {spec.first_date}")
    people = _right(spec, world_people, day)
    joined = np.flatnonzero(people.persons["joined"] == number(day))
    return _world(people, Period(spec, number(day), number(day)), messages_received, joined)


def email_response(
    spec: WorldSpec, people: Any, recipient: str, message_id: str, sent_at: datetime, kind: str,
    recent: int = 0, has_complaint: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """What the recipient does to one accepted message: rows of `email/events`, oldest first, times aware.

    Accepted, then delivered or bounced; perhaps opened, clicked, left, complained of. The same message id
    gives the same story. `recent` counts messages of the seven days before; `has_complaint`: one is open.
    """
    spec = replay.resolve(spec)
    known = _right(spec, people, sent_at.date() + timedelta(days=1))
    return responses.respond(spec, known, recipient, message_id, sent_at, kind, recent, has_complaint)


def _right(spec: WorldSpec, given: Any, day: date) -> People:
    cohorts = 1 + -(-max((day - spec.first_date).days, 0) // YEAR)
    return given if isinstance(given, People) and given.cohorts == cohorts else _people(spec, cohorts)


def _world(people: People, period: Period, messages: pd.DataFrame, joined: Array) -> World:
    sent = campaigns.sends(people, period, EFFECT_DAYS + 2)
    read, left = responses.outcomes(period, people, messages)
    bought = purchases(people, period, stack([campaigns.seen(sent), read]))
    rows, known = _tell(people, period, bought, campaigns.within(sent, period), left)
    tables = {stream: to_table(stream, rows[stream]) for stream in SCHEMAS}
    return World(tables, records(people, known), traits_of(people, joined), people)


def _tell(people: People, period: Period, bought: Rows, sent: Rows, left: Rows) -> Told:
    """Rows of every stream, and whose the records are."""
    rows, known = _tell_shop(people, period, bought)
    in_stores, known["stores", "receipts"] = stores(people, period, catalogue(period.spec), bought)
    rows |= {("stores", name): table for name, table in in_stores.items()}
    rows["shop", "customers"], known["shop", "customers"] = shop.customers(people, period)
    rows["crm", "contacts"], known["crm", "contacts"] = crm.contacts(people, period)
    rows["crm", "preferences"] = crm.preferences(people, period)
    rows["crm", "consents"] = consents.consents(people, period)
    subscribed = newsletter.subscribers(people, period, sent, left)
    rows["email", "subscribers"], known["email", "subscribers"] = subscribed
    rows["email", "events"] = newsletter.events(people, period, sent)
    return rows, known


def _tell_shop(people: People, period: Period, bought: Rows) -> Told:
    """What the web shop knows of visits, carts and orders; its history's orders may be a file's."""
    spec, goods = period.spec, catalogue(period.spec)
    is_replayed = spec.orders is not None and period.is_history
    ordered, baskets = shop.ordering(
        people, period, goods, take(bought, bought["is_web"] & (not is_replayed))
    )
    tables, guests = shop.orders(people, period, goods, ordered, baskets)
    if is_replayed:
        tables, guests = replay.shop_history(spec, people)
    left, left_baskets = carts.abandoned(people, period, goods)
    visits = sessions(people, period, ordered, left)
    tables["carts"], anonymous = carts.carts(
        people, period, goods, [(ordered, baskets), (left, left_baskets)]
    )
    tables["web_events"], visitors = web.events(people, period, goods, visits, baskets, left_baskets)
    known = {"orders": guests, "carts": anonymous, "web_events": visitors}
    return (
        {("shop", name): table for name, table in tables.items()},
        {("shop", name): table for name, table in known.items()},
    )
