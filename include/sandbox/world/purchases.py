"""When people buy: their own rate, the season, and what messages seen did to it."""

import numpy as np

from include.sandbox.world.calendar import DAY_US, Period, busyness, is_sale
from include.sandbox.world.people import People
from include.sandbox.world.spec import Array, Rows
from include.sandbox.world.tables import stack, take
from include.sandbox.world.traits import local_hours, share_on_web

FIRST_PURCHASE = 0.5
EFFECT_DAYS = 3
TOLD_AGAIN = 0.25


def purchases(people: People, period: Period, seen: Rows) -> Rows:
    """Purchases of a period, oldest first: person, day, at, is_web, spend_level.

    `seen`: messages seen (person, at, channel), those of three days before the period included.
    """
    draw = period.rng("purchases")
    days, who = _base(people, period, draw)
    web = draw.random(len(who)) < share_on_web(people.persons)[who]
    rows = _at(people, period, {"person": who, "day": days, "is_web": web}, draw)
    windows = influence(seen, people.persons["message_effect"])
    rows = _dampen(rows, windows, draw)
    rows = stack([rows, _induced(people, period, windows, draw)])
    rows = take(rows, np.lexsort((rows["person"], rows["at"])))
    return rows | {"spend_level": people.persons["spend_level"][rows["person"]]}


def influence(seen: Rows, effects: Array) -> Rows:
    """The three days after each message seen: person, start, end, effect on the purchase rate.

    Told again through another channel within the three days a message is a quarter as strong;
    told again through the same one it adds nothing.
    """
    order = np.lexsort((seen["at"], seen["person"]))
    person, at, channel = (seen[name][order] for name in ("person", "at", "channel"))
    span = np.timedelta64(EFFECT_DAYS * DAY_US, "us")
    again = np.zeros(len(person), bool)
    again[1:] = (person[1:] == person[:-1]) & (at[1:] - at[:-1] < span)
    other = np.zeros(len(person), bool)
    other[1:] = channel[1:] != channel[:-1]
    strength = np.where(again, np.where(other, TOLD_AGAIN, 0.0), 1.0)
    return {"person": person, "start": at, "end": at + span, "effect": effects[person] * strength}


def _base(people: People, period: Period, draw: np.random.Generator) -> tuple[Array, Array]:
    """Day and person of purchases nobody caused; newcomers often begin with one."""
    persons, span = people.persons, np.arange(period.first, period.last + 1)
    usual = np.concatenate([[0.0], np.cumsum(busyness(span))])
    sale = np.concatenate([[0.0], np.cumsum(busyness(span) * is_sale(span))])
    begin = np.clip(persons["joined"] - period.first, 0, len(span))
    end = np.maximum(np.clip(persons["dropped_out_day"] - period.first, 0, len(span)), begin)
    in_sale = persons["price_sensitivity"] * (sale[end] - sale[begin])
    counts = draw.poisson(persons["purchase_rate"] * (usual[end] - usual[begin] + in_sale))
    who = np.repeat(np.arange(len(people)), counts)
    is_sale_one = draw.random(len(who)) * (usual[end] - usual[begin] + in_sale)[who] < in_sale[who]
    place, days = draw.random(len(who)), np.empty(len(who), np.int64)
    for cumulated, mask in ((sale, is_sale_one), (usual, ~is_sale_one)):
        w = who[mask]
        target = cumulated[begin[w]] + place[mask] * (cumulated[end[w]] - cumulated[begin[w]])
        days[mask] = period.first + np.clip(
            np.searchsorted(cumulated, target, side="right") - 1, 0, len(span) - 1
        )
    new = np.flatnonzero((persons["joined"] >= period.first) & (persons["joined"] <= period.last))
    new = new[draw.random(len(new)) < FIRST_PURCHASE]
    return np.concatenate([days, persons["joined"][new]]), np.concatenate([who, new])


def _at(people: People, period: Period, rows: Rows, draw: np.random.Generator) -> Rows:
    """The moment of each purchase: by the person's clock, and while a store is open."""
    who, n = rows["person"], len(rows["person"])
    hours = local_hours(people.persons, who, rows["day"], draw)
    is_open = (hours >= 9) & (hours < 20)
    hours = np.where(rows["is_web"] | is_open, hours, draw.uniform(9, 20, n))
    return rows | {"at": period.moments(rows["day"], people.persons["time_zone"][who], hours)}


def _dampen(rows: Rows, windows: Rows, draw: np.random.Generator) -> Rows:
    """Without the purchases that a disliked message prevented."""
    bad = take(windows, windows["effect"] < 0)
    keep = np.ones(len(rows["person"]), bool)
    chance = draw.random(len(keep))
    low, high = (
        np.searchsorted(bad["person"], rows["person"], "left"),
        np.searchsorted(bad["person"], rows["person"], "right"),
    )
    for i in np.flatnonzero(high > low):
        mine = slice(low[i], high[i])
        inside = (bad["start"][mine] <= rows["at"][i]) & (rows["at"][i] < bad["end"][mine])
        keep[i] = chance[i] >= -bad["effect"][mine][inside].sum()
    return take(rows, keep)


def _induced(people: People, period: Period, windows: Rows, draw: np.random.Generator) -> Rows:
    """Purchases that a message seen caused, within its three days."""
    persons = people.persons
    good = take(windows, windows["effect"] > 0)
    start = np.maximum(good["start"], period.start)
    length = np.maximum((np.minimum(good["end"], period.end) - start).astype(np.int64), 0) / DAY_US
    active = period.day_of(start) < persons["dropped_out_day"][good["person"]]
    mean = persons["purchase_rate"][good["person"]] * good["effect"] * length * active
    which = np.repeat(np.arange(len(mean)), draw.poisson(mean))
    into = (draw.random(len(which)) * length[which] * DAY_US).astype(np.int64)
    at, who = start[which] + into.astype("timedelta64[us]"), good["person"][which]
    web = draw.random(len(which)) < share_on_web(persons)[who]
    return {"person": who, "day": period.day_of(at), "is_web": web, "at": at}
