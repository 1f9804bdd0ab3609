"""Which part of a source one landing reads."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from include.lake.validate import Span, micros
from include.settings import Settings


@dataclass(frozen=True)
class Interval:
    """Days after `after` (None: from the beginning) up to and including `last`, company time.

    `begin` and `end` are the same as moments, UTC. What is read is `start <= moment < end`: `start` lies
    before `begin` by the lag that the stream bears.
    """

    after: date | None
    last: date
    start: datetime | None
    end: datetime
    begin: datetime | None = None

    @property
    def span(self) -> Span:
        """Microseconds since 1970 of `start` (None: no bound) and `end`."""
        return None if self.start is None else micros(self.start), micros(self.end)

    @property
    def cursor(self) -> dict[str, str | None]:
        """The night's own part of the interval, as it stands in a manifest."""
        return {"from": None if self.begin is None else iso(self.begin), "to": iso(self.end)}

    def days(self, first: date) -> list[date]:
        """Days of the interval, from `first` where it has no beginning."""
        begin = self.after + timedelta(days=1) if self.after else first
        return [begin + timedelta(days=n) for n in range((self.last - begin).days + 1)]


def interval(settings: Settings, landed: list[date], business_date: date, lag_minutes: int = 0) -> Interval:
    """From the end of the newest earlier day that landed, less the lag, to the end of `business_date`."""
    after = max((d for d in landed if d < business_date), default=None)
    begin = None if after is None else settings.day_end(after).astimezone(UTC)
    start = begin and begin - timedelta(minutes=lag_minutes)
    return Interval(after, business_date, start, settings.day_end(business_date).astimezone(UTC), begin)


def iso(moment: datetime) -> str:
    """A moment as it is asked for and written down."""
    return moment.astimezone(UTC).isoformat()
