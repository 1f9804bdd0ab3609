"""Which part of a source one landing reads."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from include.lake.validate import Span, micros
from include.settings import Settings


@dataclass(frozen=True)
class Interval:
    """Days after `after` (None: from the beginning) up to and including `last`, company time.

    `start` and `end` are the same as moments, UTC: `start <= moment < end`.
    """

    after: date | None
    last: date
    start: datetime | None
    end: datetime

    @property
    def span(self) -> Span:
        """Microseconds since 1970 of `start` (None: no bound) and `end`."""
        return None if self.start is None else micros(self.start), micros(self.end)

    @property
    def cursor(self) -> dict[str, str | None]:
        """The interval as it stands in a manifest."""
        return {"from": None if self.start is None else iso(self.start), "to": iso(self.end)}

    def days(self, first: date) -> list[date]:
        """Days of the interval, from `first` where it has no beginning."""
        begin = self.after + timedelta(days=1) if self.after else first
        return [begin + timedelta(days=n) for n in range((self.last - begin).days + 1)]


def interval(settings: Settings, landed: list[date], business_date: date) -> Interval:
    """From the end of the newest earlier day that landed to the end of `business_date`."""
    after = max((d for d in landed if d < business_date), default=None)
    start = None if after is None else settings.day_end(after).astimezone(UTC)
    return Interval(after, business_date, start, settings.day_end(business_date).astimezone(UTC))


def iso(moment: datetime) -> str:
    """A moment as it is asked for and written down."""
    return moment.astimezone(UTC).isoformat()
