"""Rows of one stream on their way into the lake: validated, united, counted, in a file beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from itertools import repeat

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Stream
from include.lake.digest import digests
from include.lake.earlier import Lag
from include.lake.existing import Existing
from include.lake.field_names import shown
from include.lake.manifests import KEY, Manifest
from include.lake.moments import Moments
from include.lake.parquet import GroupedWriter, verify
from include.lake.points import point
from include.lake.refused import RefusedWriter
from include.lake.schema import (
    ARRIVED,
    DATE,
    VERSION,
    added_columns,
    fingerprint,
    landed_schema,
    quarantine_schema,
)
from include.lake.staged import Cursor, Staged, as_text, unite_cursors
from include.lake.store import Store
from include.lake.validate import EPOCH, Item, Refusals, Span, Tally, validate


@dataclass(frozen=True)
class Place:
    """Where one partition goes, and when it first arrived: on a day of `zone`, the company's."""

    lake: Store
    quarantine: Store
    business_date: date
    arrived: date
    zone: tzinfo = UTC


class Stage:
    """Takes batches of one stream and ends as a sealed file; nothing of it is in the lake yet.

    Rows landed before come first, then those that are new: a row is known by its key and content.
    `settled` names refused rows that leave the quarantine, because they come back repaired; `lag` is the
    stretch that was read before, of which only what is new counts.
    """

    def __init__(
        self,
        stream: Stream,
        place: Place,
        span: Span | None,
        settled: frozenset[str] = frozenset(),
        lag: Lag | None = None,
    ) -> None:
        point("before_stage", stream.name)
        self.stream = stream
        self.tally = Tally()
        self._span = span
        self._lag = lag
        self.existing = Existing(stream, place.business_date, place.lake, place.quarantine)
        old = self.existing.manifest
        self._arrived = date.fromisoformat(old["arrived"]) if old else place.arrived
        self._place = place
        self._data_file = place.lake.fresh_staging(stream.channel, stream.name) / "data.parquet"
        self._refused_file = place.quarantine.fresh_staging(stream.channel, stream.name) / "refused.parquet"
        self._writer = GroupedWriter(self._data_file, landed_schema(stream))
        self._repaired = self.existing.repaired | settled
        self.refused = RefusedWriter(self._refused_file, place.business_date, self._repaired)
        self._columns = [*stream.columns, *added_columns(stream)]
        self._plain_columns = [column for column in self._columns if column != VERSION]
        self._moments = Moments(stream, lag.begin if lag else None)
        self._timeless = 0
        self._again = 0
        self._landed: set[bytes] = set()
        self._unversioned: set[bytes] = set()
        self._seen: set[bytes] = set()
        self._duplicates = 0
        self._take_over()

    def add(
        self, items: Sequence[Item], already: Refusals | None = None, passed: frozenset[str] = frozenset()
    ) -> None:
        """Validate one batch and write it: new rows to the data, refused ones to the quarantine.

        `passed`: documents that an earlier night has refused; their nested rows were dealt with then.
        """
        offset = self.tally.rows
        if passed:
            are = [not isinstance(item, dict) or item.get(VERSION) not in passed for item in items]
            self._again += are.count(False)
            items, already = _chosen(items, already, are)
        known = [self._lag is not None and self._lag.knows(item) for item in items]
        if any(known):
            self._meet_again(*_chosen(items, already, known), offset)
            items, already = _chosen(items, already, [not one for one in known])
        checked = validate(self.stream, items, self.tally, self._span, already)
        self._write(self._new(checked.accepted))
        self.refused.add(checked.refused, offset)
        point("in_stage", self.stream.name)

    def known_versions(self, items: Sequence[Item]) -> frozenset[str]:
        """Versions of the documents among `items` that an earlier night has refused."""
        lag = self._lag
        if lag is None or not self.stream.has_versions:
            return frozenset()
        return frozenset(item[VERSION] for item in items if isinstance(item, dict) and lag.knows(item))

    def seal(self, cursor: Cursor, source: str) -> Staged:
        """Finish both files, bring them to the disk and read them back with their checksums."""
        point("before_seal", self.stream.name)
        self.refused.close()
        manifest = self._manifest(cursor, source)
        self._writer.close({KEY: as_text(manifest)})
        point("after_seal", self.stream.name)
        verify(self._data_file, manifest["loaded"], landed_schema(self.stream))
        verify(self._refused_file, manifest["quarantined"], quarantine_schema())
        point("after_verify", self.stream.name)
        has_landed = self.existing.manifest is not None
        files = (self._data_file, self._refused_file)
        causes = dict(self.refused.causes)
        return Staged(self.stream, *files, manifest, self.refused.first, has_landed, causes)

    def close(self) -> None:
        """Let go of the files and sweep away what was not committed. Always called, however it went."""
        self._writer.abandon()
        self.refused.abandon()
        for store in (self._place.lake, self._place.quarantine):
            store.sweep(self.stream.channel, self.stream.name)

    def _take_over(self) -> None:
        for table in self.existing.rows():
            self._landed.update(digests(table, self._columns))
            if self.stream.has_versions:  # what landed before versions were kept is known without them
                older = table.filter(pc.is_null(table[VERSION]))
                self._unversioned.update(digests(older, self._plain_columns))
            self._write(table)
        self.refused.keep(row for name, row in self.existing.refused() if name not in self._repaired)

    def _new(self, table: pa.Table) -> pa.Table:
        """The rows neither landed before nor seen in this read; the latter are counted."""
        keep = []
        lag = self._lag or Lag(EPOCH)
        has_older = self._unversioned or lag.plain
        plain = digests(table, self._plain_columns) if has_older else repeat(b"")
        for place, (digest, without) in enumerate(zip(digests(table, self._columns), plain, strict=False)):
            if digest in self._seen:
                self._duplicates += 1
                continue
            self._seen.add(digest)
            if digest in self._landed or without in self._unversioned:
                continue
            if digest in lag.digests or without in lag.plain:
                self.tally.again += 1
            else:
                keep.append(place)
        return table if len(keep) == len(table) else table.take(pa.array(keep, pa.int64()))

    def _meet_again(self, items: Sequence[Item], already: Refusals, offset: int) -> None:
        """Rows that an earlier night has refused: none of this night's, and in no judgement on the read.

        One without a readable cursor is of no night: it is refused, and counted, in each.
        """
        checked = validate(self.stream, items, Tally(), self._span, already)
        self._write(self._new(checked.accepted))  # the contract has changed since
        timeless = [row for row in checked.refused if not row.has_cursor and not self.stream.nested]
        self._timeless += len(timeless)
        self._again += len(checked.refused) - len(timeless)
        self.refused.add(timeless, offset)

    def _write(self, table: pa.Table) -> None:
        self._moments.count(table, self._arrived, self._place.zone)
        for name, day in ((DATE, self._place.business_date), (ARRIVED, self._arrived)):
            table = table.append_column(name, pa.repeat(pa.scalar(day, pa.date32()), len(table)))
        self._writer.write(table)

    def _within_lag(self, old: Manifest) -> dict[str, int]:
        """`again`: rows that earlier nights had read; `late`: rows that they had not.

        `timeless`: refused rows without a readable cursor, which the night before had refused too.
        """
        before = old.get("within_lag", {"again": 0, "late": 0, "timeless": 0})
        late = self._moments.late if self._lag else before["late"]
        again = max(self.tally.again + self._again, before["again"])
        return {"again": again, "late": late, "timeless": max(self._timeless, before["timeless"])}

    def _manifest(self, cursor: Cursor, source: str) -> Manifest:
        """Counts of the united partition; nothing in it differs between two equal runs."""
        old = self.existing.manifest or {}
        duplicate = self._duplicates_in_all(old)
        return {
            "channel": self.stream.channel,
            "stream": self.stream.name,
            "date": self._place.business_date.isoformat(),
            "arrived": self._arrived.isoformat(),
            "rows_in": self._writer.rows + duplicate + self.refused.count,
            "loaded": self._writer.rows,
            "duplicate": duplicate,
            "within_lag": self._within_lag(old),
            "future": self._moments.future,
            "quarantined": self.refused.count,
            "reasons": dict(sorted(self.refused.reasons.items())),
            "new_columns": shown(self.tally.undeclared.union(old.get("new_columns", []))),
            "cursor": unite_cursors(cursor, old.get("cursor")),
            "schema": fingerprint(self.stream),
            "source": source,
            "repaired": sorted(self._repaired),
        }

    def _duplicates_in_all(self, old: Manifest) -> int:
        """A rerun meets the duplicates of the first run again, so they are not added up."""
        return max(self._duplicates, int(old.get("duplicate", 0)))


def _chosen(
    items: Sequence[Item], already: Refusals | None, are: Sequence[bool]
) -> tuple[list[Item], Refusals]:
    """Some of the items, and what is known against them by their new places."""
    places = [place for place, is_chosen in enumerate(are) if is_chosen]
    refusals = {n: already[place] for n, place in enumerate(places) if already and place in already}
    return [items[place] for place in places], refusals
