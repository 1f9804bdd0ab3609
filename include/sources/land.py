"""Land one stream for one date: read, validate, check, commit."""

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from importlib import import_module
from time import monotonic
from typing import Any

from include.channels import Stream, find_stream
from include.connections import Connection
from include.errors import FixDeclaration, OmniError, RetryLater
from include.lake import runlog
from include.lake.earlier import Lag, lags
from include.lake.manifests import manifests, partitions
from include.lake.points import point
from include.lake.stage import Place, Stage
from include.lake.staged import Staged, commit, keep_refused
from include.lake.store import lake, quarantine
from include.lake.verdict import check_shape
from include.settings import Settings
from include.sources.interval import Interval, interval
from include.sources.nested import take_out

MINUTES_A_STREAM = 50  # of reading; Airflow ends the task after an hour, without a word on the stream


def land_stream(
    channel: str, stream: str, business_date: date, connection: Connection, settings: Settings
) -> list[dict[str, Any]]:
    """Land `stream` and the streams nested in it; their manifests, the stream's own last.

    Reads from the end of the newest earlier day in the lake (the first time: everything) to the end of
    `business_date`. Done twice it lands the same; a crash anywhere is healed by doing it again.

    Raises:
        FixDeclaration, FixConnection, FixSource, RetryLater, CheckFailed: the lake is then as it was.
    """
    top, children = _declared(channel, stream)
    with runlog.alone(settings, top.label):
        began = monotonic()
        try:
            staged = _Landing((top, children), business_date, connection, settings).run()
        except OmniError as error:
            why = {"event": "failed", "error": type(error).__name__, "message": str(error)}
            runlog.note(settings, business_date, top.label, why)
            raise
        manifests = [one.manifest for one in staged]
        seconds = round(monotonic() - began, 2)
        event: dict[str, Any] = {"event": "landed", "seconds": seconds, "manifests": manifests}
        runlog.note(settings, business_date, top.label, event)
    return manifests


def _declared(channel: str, stream: str) -> tuple[Stream, list[Stream]]:
    declared, top = find_stream(channel, stream)
    if top.nested is not None:
        raise FixDeclaration(f"{top.label} lies in {top.nested.parent} and lands with it: land that")
    return top, declared.nested_in(stream)


class _Landing:
    """One run of `land_stream`."""

    def __init__(
        self, streams: tuple[Stream, list[Stream]], d: date, connection: Connection, settings: Settings
    ) -> None:
        self.top, self.children = top, children = streams
        self.connection, self.settings = connection, settings
        self.lake, self.quarantine = lake(settings), quarantine(settings)
        place = Place(self.lake, self.quarantine, d, max(d, self.lake.newest() or d), settings.zone)
        landed = partitions(settings, top.channel, top.name)
        self.interval: Interval = interval(settings, landed, d, top.lag_minutes if top.cursor else 0)
        span = self.interval.span if top.cursor else None
        lag = self._lags(landed)
        self.stages = {child.name: Stage(child, place, None, lag=lag.get(child.name)) for child in children}
        self.stages[top.name] = Stage(top, place, span, lag=lag.get(top.name))

    def _lags(self, landed: list[date]) -> dict[str, Lag]:
        start, begin = self.interval.start, self.interval.begin
        if start is None or begin is None or not self.top.cursor:
            return {}
        earlier = [d for d in landed if d < self.interval.last]
        days = [d for d in earlier if d == self.interval.after or self.settings.day_end(d) > start]
        return lags((self.top, self.children), days, start, begin, (self.lake, self.quarantine))

    def run(self) -> list[Staged]:
        """All of it: nested streams are checked and committed before their parent."""
        with ExitStack() as stack:
            for stage in self.stages.values():
                stack.enter_context(closing(stage))
            self._read()
            self._check_shapes()
            source = _source(self.top)
            staged = [stage.seal(self.interval.cursor, source) for stage in self.stages.values()]
            self._check_rows(staged)
            commit(staged, self.lake, self.quarantine)
        return staged

    def _read(self) -> None:
        top, limit = self.stages[self.top.name], monotonic() + MINUTES_A_STREAM * 60
        for items in _reader(self.top)(self.top, self.connection, self.interval):
            if monotonic() > limit:
                raise RetryLater(
                    f"{self.top.label} was read for more than {MINUTES_A_STREAM} minutes without an end; "
                    "nothing was landed"
                )
            refusals, nested = take_out(self.children, items, top.tally)
            known = top.known_versions(items)
            for name, (rows, doubled) in nested.items():
                self.stages[name].add(rows, doubled, known)
            top.add(items, refusals)

    def _check_shapes(self) -> None:
        top = self.stages[self.top.name]
        source = _source(self.top)
        may_be_empty = self.top.may_be_empty or top.existing.manifest is not None or self._is_quiet(top)
        check_shape(self.top, top.tally, may_be_empty, source)
        for child in self.children:
            stage = self.stages[child.name]
            may_be_empty = child.may_be_empty or not top.tally.new_rows or stage.existing.manifest is not None
            check_shape(child, stage.tally, may_be_empty, f"{child.name} in {source}")

    def _is_quiet(self, top: Stage) -> bool:
        """Whether nothing new may be true: it has not been so for long, and earlier rows are still shown."""
        if top.tally.new_rows or not self.top.may_be_quiet or self.interval.start is None:
            return False
        landed = manifests(self.settings, self.top.channel, self.top.name)
        heard = [d for d, manifest in landed.items() if manifest["loaded"] and d < self.interval.last]
        if not heard or (self.interval.last - max(heard)).days > self.top.fresh_days:
            return False
        earlier = replace(self.interval, after=None, start=None)
        with closing(_reader(self.top)(self.top, self.connection, earlier)) as batches:
            return next(batches, None) is not None

    def _check_rows(self, staged: list[Staged]) -> None:
        """The gate; where it stays shut, the refused rows are kept, unless the date has landed before.

        The quarantine of a date that has landed holds that read's own rows, and no others.
        """
        from include.quality.gate import check_landing

        for one in reversed(staged):
            point("before_check", one.stream.name)
            try:
                check_landing(self.settings, one)
            except OmniError:
                if not one.has_landed:
                    keep_refused(one, self.quarantine)
                raise
            point("after_check", one.stream.name)


def _reader(stream: Stream) -> Any:
    """The reader of the stream's protocol; each costs an import that the others need not pay."""
    assert stream.source is not None
    return import_module(f"include.sources.{stream.source.kind}").read


def _source(stream: Stream) -> str:
    """What was read, by names that do not change from run to run."""
    source = stream.source
    assert source is not None
    what = f"{source.table_schema}.{source.table}" if source.kind == "sql" else source.path
    return f"{stream.connection} {what}"
