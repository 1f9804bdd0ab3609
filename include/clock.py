"""What time it is. Nothing that decides may ask anything else.

In production that is the wall clock. In the sandbox a night is replayed: it is 09:00 in the
company's zone on the morning after the business date, and dispatching moves it on.
"""

from datetime import UTC, date, datetime, time, timedelta

from include.errors import FixRequest
from include.settings import Settings


class Clock:
    """The time of one run. `advance_to` moves a sandbox clock on; a wall clock ignores it."""

    def __init__(self, settings: Settings, business_date: date) -> None:
        self._is_wall = settings.clock == "wall"
        morning = datetime.combine(business_date + timedelta(days=1), time(9), settings.zone)
        self._now = morning.astimezone(UTC)

    def now(self) -> datetime:
        """Current time, aware, in UTC."""
        return datetime.now(UTC) if self._is_wall else self._now

    @property
    def is_wall(self) -> bool:
        """Whether time passes by itself: then what is due later is left for a later run."""
        return self._is_wall

    def advance_to(self, moment: datetime) -> None:
        """Move a sandbox clock on to `moment`; never back."""
        self._now = max(self._now, moment.astimezone(UTC))


def require_ended(settings: Settings, business_date: date, now: datetime) -> None:
    """Refuse a business date before its last midnight in the company's zone, in the sandbox too.

    A version of a later date would hide every night until then: readers keep the newest date.

    Raises:
        FixRequest: the date has not ended at `now` (aware); the message names the last one that has.
    """
    if now < settings.day_end(business_date):
        raise FixRequest(
            f"{business_date} has not ended in {settings.time_zone}. The last date that has ended is "
            f"{last_ended(settings, now)}: start the run again with that date, or without a date."
        )


def last_ended(settings: Settings, now: datetime) -> date:
    """The newest business date that has ended at `now` (aware) in the company's zone."""
    return now.astimezone(settings.zone).date() - timedelta(days=1)
