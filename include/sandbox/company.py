"""The company on its present day: its tables, what its HTTP systems list, and the step to the next day."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from include.sandbox.increments import Increments
from include.sandbox.mail import Entry, Events, Mail
from include.sandbox.pages import StreamView
from include.sandbox.parameters import World, write_world
from include.sandbox.served import EMAIL_EVENTS, HTTP_STREAMS, STREAM, Served
from include.sandbox.visibility import shown
from include.settings import Settings


class Company:
    """One made-up company. Safe to read from any thread; one thread at a time moves it on."""

    def __init__(self, settings: Settings, world: World, increments: Increments) -> None:
        self._settings, self._world, self._increments = settings, world, increments
        self._lock = threading.RLock()
        self._views: dict[STREAM, tuple[object, StreamView]] = {}
        self.mail = Mail(settings.sandbox, self._respond, lambda: self.until(self.today))

    @property
    def today(self) -> date:
        """The last day whose rows the systems show."""
        return self._world.date

    @property
    def name(self) -> str:
        """Distinguishes this world from another."""
        return repr(self._world.parameters)

    def until(self, day: date) -> datetime:
        """What arrived before this instant is shown on `day`."""
        return self._settings.day_end(day)

    def table(self, channel: str, stream: str, day: date) -> pa.Table | None:
        """Rows of a stream in the parts up to `day`, with hidden columns; None if the world has none."""
        return self._increments.table(channel, stream, self._increments.days(day))

    def prepare(self, day: date) -> None:
        """Make the day after today's parts, with the messages received before it ends."""
        received = [m for m in self.mail.messages() if m["sent_at"] < self.until(day)]
        self._increments.make_day(day, received)
        self._increments.tell_truth(self._increments.days(day))

    def move_to(self, day: date) -> None:
        """Show what has arrived by the end of `day`, from now on and after a restart."""
        with self._lock:
            self._world = World(self._world.parameters, day)
            write_world(self._settings, self._world)

    def days_after(self, day: date) -> list[date]:
        """The days between today and `day`, that day included; none if it has been reached."""
        return [self.today + timedelta(days=n + 1) for n in range((day - self.today).days)]

    def view(self, channel: str, stream: str) -> StreamView:
        """What the system lists of a stream now; kept until the day or the mail moves on."""
        name = (channel, stream)
        with self._lock:
            state = (self.today, self.mail.version if name == EMAIL_EVENTS else 0)
            known = self._views.get(name)
            if known is None or known[0] != state:
                known = self._views[name] = (state, self._look(name, HTTP_STREAMS[name]))
            return known[1]

    def _look(self, name: STREAM, served: Served) -> StreamView:
        until = self.until(self.today)
        tables = [self.table(*name, self.today), self.mail.events() if name == EMAIL_EVENTS else None]
        known = [table for table in tables if table is not None]
        rows = pa.concat_tables(known, promote_options="permissive") if known else _nothing(served)
        lines = None
        if served.nested is not None:
            nested = self.table(name[0], served.nested.stream, self.today)
            lines = None if nested is None else shown(nested, served.nested.key, until)
        return StreamView(served, shown(rows, served.key, until), lines)

    def _respond(self, entry: Entry, sent: datetime) -> Events:
        return self._increments.respond(entry, sent)


def _nothing(served: Served) -> pa.Table:
    moment = pa.timestamp("us", "UTC")
    hidden: list[Any] = [("_visible_at", moment), ("_copies", pa.int64()), ("_broken", pa.string())]
    return pa.schema(
        [*((name, pa.string()) for name in served.key), ("updated_at", moment), *hidden]
    ).empty_table()
