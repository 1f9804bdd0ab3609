"""The stretch of days being generated: their midnights, local hours, seasons."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from include.sandbox.world.spec import Array, WorldSpec, rng

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def number(day: date) -> int:
    """Days since 1970-01-01: the form of every date inside the generator."""
    return (day - date(1970, 1, 1)).days


def to_date(day: int) -> date:
    """The date of a day number."""
    return date(1970, 1, 1) + timedelta(days=int(day))


@lru_cache(maxsize=64)
def midnights(zone: str, first: int, last: int) -> Array:
    """UTC moments at which days `first` … `last` + 1 begin in a zone, as datetime64[us]."""
    days = pd.date_range(to_date(first), to_date(last + 1), freq="D").tz_localize(
        zone, nonexistent="shift_forward"
    )
    return np.asarray(days.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]"))


@lru_cache(maxsize=512)
def _offsets(zone: str, first: int, last: int) -> Array:
    noon = [datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=d) for d in range(first, last + 1)]
    tz = ZoneInfo(zone)
    return np.array([(tz.utcoffset(t.astimezone(tz)) or timedelta()).total_seconds() / 3600 for t in noon])


@dataclass(frozen=True)
class Period:
    """Days `first` … `last` (day numbers) of a world, generated in one go."""

    spec: WorldSpec
    first: int
    last: int

    @cached_property
    def is_history(self) -> bool:
        """Whether this is the year up to the first date, not one later day."""
        return self.last <= number(self.spec.first_date)

    @property
    def has_calm_shop(self) -> bool:
        """Whether the shop's history is replayed: then its rows come in time, once, and whole."""
        return self.spec.orders is not None

    def rng(self, purpose: str) -> np.random.Generator:
        """Random stream of one purpose in this period."""
        return rng(self.spec.seed, purpose, "history" if self.is_history else self.first)

    @cached_property
    def start(self) -> np.datetime64:
        """The midnight at which the period begins."""
        return np.datetime64(midnights(self.spec.time_zone, self.first, self.first)[0])

    @cached_property
    def end(self) -> np.datetime64:
        """The midnight that ends the period (exclusive)."""
        return np.datetime64(midnights(self.spec.time_zone, self.last, self.last)[1])

    def covers(self, days: Array) -> Array:
        """Which days' happenings are told in this period: history also tells what lies before it."""
        return (days <= self.last) & (self.is_history | (days >= self.first))

    def moments(self, days: Array, zones: Array, hours: Array) -> Array:
        """UTC moments on company days `days` at which it is about `hours` o'clock in people's own zones.

        `zones` are zone names. The moment always lies within the company's day.
        """
        if not len(days):
            return np.empty(0, "datetime64[us]")
        first, last = int(days.min()), int(days.max())
        starts, at = midnights(self.spec.time_zone, first, last), days - first
        company = _offsets(self.spec.time_zone, first, last)[at]
        local = np.empty(len(days))
        for zone in pd.unique(pd.Series(zones)):
            mask = zones == zone
            local[mask] = _offsets(str(zone), first, last)[at[mask]]
        into = (np.mod(hours - local + company, 24) * HOUR_US).astype(np.int64)
        length = (starts[at + 1] - starts[at]).astype(np.int64)
        return np.asarray(starts[at] + np.minimum(into, length - 1_000_000).astype("timedelta64[us]"))

    def day_of(self, moments: Array) -> Array:
        """Company day number of UTC moments."""
        if not len(moments):
            return np.empty(0, np.int64)
        first = int(moments.min().astype("datetime64[D]").astype(np.int64)) - 1
        last = int(moments.max().astype("datetime64[D]").astype(np.int64)) + 1
        starts = midnights(self.spec.time_zone, first, last)
        return np.asarray(first + np.searchsorted(starts, moments, side="right") - 1)


def busyness(days: Array) -> Array:
    """How much is bought on a day against an average one: season, weekend, payday, holiday peak."""
    dates = days.astype("datetime64[D]")
    year_day = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    month_day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    weekday = (days + 3) % 7
    season = 1 + 0.12 * np.cos(2 * np.pi * (year_day - 340) / 365)
    holiday = 1 + 0.9 * ((year_day >= 326) & (year_day <= 357))
    payday = 1 + 0.25 * ((month_day >= 25) & (month_day <= 28))
    return np.asarray(season * holiday * payday * np.where(weekday >= 5, 1.3, 0.88))


def is_sale(days: Array) -> Array:
    """Whether a sale is on (early January, early July, the last days of November)."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    early = ((month == 1) | (month == 7)) & (day >= 2) & (day <= 16)
    return np.asarray(early | ((month == 11) & (day >= 24)))
