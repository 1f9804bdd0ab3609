"""Records that last: when they are made, and when a change in somebody's life makes them be written anew."""

import numpy as np

from include.sandbox.world.calendar import Period
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, chance_of

TOLD = 0.85
CHANGES = ("move_day", "phone_day", "surname_day")


def versions(people: People, period: Period, who: Array, since: Array, name: str) -> tuple[Array, Array]:
    """Which records (rows of `who`) are written in the period, and on which day, oldest day first.

    `since` is the day a record is made (NEVER: not at all). People tell of a move, a new number or a
    new name only mostly.
    """
    rows, days = [np.arange(len(who))], [since]
    for turn, change in enumerate(CHANGES):
        day = people.persons[change][who]
        told = (chance_of(period.spec.seed, f"{name} told", who, since, turn) < TOLD) & (day > since)
        rows.append(np.flatnonzero(told))
        days.append(day[told])
    row, day = np.concatenate(rows), np.concatenate(days)
    kept = period.covers(day) & (day < NEVER)
    order = np.lexsort((row[kept], day[kept]))
    return row[kept][order], day[kept][order]


def creation(people: People, period: Period, who: Array, days: Array, name: str) -> Array:
    """The moment on a day at which a person's record is made: always the same one for that day."""
    real = np.minimum(days, period.last)
    hours = 9 + 11 * chance_of(period.spec.seed, f"{name} hour", who, days)
    return period.moments(real, people.persons["time_zone"][who], hours)
