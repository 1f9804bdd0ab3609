"""The newsletter: sent to each subscriber every third week, on a day of their own, and what they did with it.

Nothing here depends on what was asked before: a send and its outcome are functions of subscriber and
day, so the year of history and any later day tell one story.
"""

import numpy as np

from include.sandbox.world.calendar import HOUR_US, Period, midnights
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, Rows, chance_of, texts
from include.sandbox.world.tables import take

EVERY_DAYS = 21


def sends(people: People, period: Period, days_before: int = 0) -> Rows:
    """Newsletters sent in the period (and `days_before` it): person, day, at, and the outcome of each.

    Outcomes: is_bounce, opened_at, clicked_at, left_at, complained_at (NaT where it did not happen).
    """
    persons, seed = people.persons, period.spec.seed
    who = np.flatnonzero(persons["newsletter_day"] < period.last)
    slot = (chance_of(seed, "newsletter slot", who) * EVERY_DAYS).astype(np.int64)
    since = persons["newsletter_day"][who] + 1
    first = since + (slot - since) % EVERY_DAYS
    turns = np.maximum((period.last - first) // EVERY_DAYS + 1, 0)
    last_turn = np.minimum(turns, _final_turn(people, seed, who, first, int(turns.max(initial=0))) + 1)
    sub = np.repeat(np.arange(len(who)), last_turn)
    turn = np.arange(len(sub)) - np.repeat(np.cumsum(last_turn) - last_turn, last_turn)
    day = first[sub] + turn * EVERY_DAYS
    told = day >= period.first - days_before
    rows = {"person": who[sub][told], "day": day[told]}
    return rows | _outcome(people, period, rows)


def leaves(people: People, seed: int, who: Array, day: Array) -> Array:
    """Whether the newsletter of `day` makes a subscriber unsubscribe."""
    chance: Array = chance_of(seed, "newsletter leave", who, day)
    return np.asarray(chance < people.persons["unsubscribe_probability"][who])


def complains(people: People, seed: int, who: Array, day: Array) -> Array:
    """Whether the newsletter of `day` is reported as spam."""
    chance: Array = chance_of(seed, "newsletter complaint", who, day)
    return np.asarray(chance < people.persons["complaint_probability"][who])


def _final_turn(people: People, seed: int, who: Array, first: Array, turns: int) -> Array:
    """Which newsletter is a subscriber's last: the one they leave or complain after, or that bounces."""
    final = np.where(people.persons["bounces"][who], 0, NEVER)
    for turn in range(turns):
        day = first + turn * EVERY_DAYS
        ends = leaves(people, seed, who, day) | complains(people, seed, who, day)
        final = np.where(ends & (final > turn), turn, final)
    return final


def _outcome(people: People, period: Period, rows: Rows) -> Rows:
    who, day, seed, persons = rows["person"], rows["day"], period.spec.seed, people.persons
    at = _sent_at(period, who, day)
    bounced = persons["bounces"][who]
    left, complained = leaves(people, seed, who, day) & ~bounced, complains(people, seed, who, day) & ~bounced
    wait = 0.05 + 4 * chance_of(seed, "newsletter wait", who, day) ** 3 * 9
    opens = chance_of(seed, "newsletter open", who, day) < persons["open_probability"][who]
    opens = (opens | left | complained) & ~bounced
    clicks = opens & (chance_of(seed, "newsletter click", who, day) < persons["click_probability"][who])
    opened = at + _hours(wait)
    never = np.datetime64("NaT", "us")
    return {
        "at": at, "is_bounce": bounced,
        "opened_at": np.where(opens, opened, never),
        "clicked_at": np.where(clicks, opened + _hours(np.full(len(at), 0.02)), never),
        "left_at": np.where(left, opened + _hours(np.full(len(at), 0.04)), never),
        "complained_at": np.where(complained, opened + _hours(np.full(len(at), 0.05)), never),
    }  # fmt: skip


def _sent_at(period: Period, who: Array, day: Array) -> Array:
    """Between nine and eleven in the morning, company time."""
    if not len(day):
        return np.empty(0, "datetime64[us]")
    first = int(day.min())
    starts = midnights(period.spec.time_zone, first, int(day.max()))
    hours = 9 + 2 * chance_of(period.spec.seed, "newsletter minute", who, day)
    return np.asarray(starts[day - first] + _hours(hours))


def seen(rows: Rows) -> Rows:
    """The newsletters that were opened, as `purchases` wants to know of them."""
    opened = ~np.isnat(rows["opened_at"])
    count = int(opened.sum())
    return {
        "person": rows["person"][opened], "at": rows["opened_at"][opened],
        "channel": np.full(count, "email", object),
    }  # fmt: skip


def campaign_names(days: Array) -> Array:
    """The edition sent on a day: one every three weeks."""
    return texts([f"newsletter-{edition:04d}" for edition in ((days - 10_000) // EVERY_DAYS).tolist()])


def within(rows: Rows, period: Period) -> Rows:
    """The sends of the period itself."""
    return take(rows, rows["day"] >= period.first)


def _hours(hours: Array) -> Array:
    return np.asarray((hours * HOUR_US).astype(np.int64).astype("timedelta64[us]"))
