"""When rows say that they happened: after they arrived, or before the night's own stretch."""

from collections import Counter
from datetime import date, datetime, time, timedelta, tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from include.channels import Stream


class Moments:
    """Counts rows by their moments. `begin` is where the night's own rows begin; None: it has no lag."""

    def __init__(self, stream: Stream, begin: datetime | None) -> None:
        self.late = 0
        self._happened = [column.name for column in stream.columns.values() if column.happened]
        self._cursor = stream.cursor
        self._begin = begin
        self._future: Counter[str] = Counter()

    @property
    def future(self) -> dict[str, int]:
        """Column to rows whose moment in it lies after the day on which they arrived."""
        return {name: rows for name, rows in sorted(self._future.items()) if rows}

    def count(self, table: pa.Table, arrived: date, zone: tzinfo) -> None:
        """Add rows that arrived on a day of `zone`."""
        after = arrived + timedelta(days=1)
        end = datetime.combine(after, time(), zone)
        for name in self._happened:
            column = table[name]
            bound = pa.scalar(after if pa.types.is_date(column.type) else end, column.type)
            self._future[name] += pc.sum(pc.greater_equal(column, bound)).as_py() or 0
        if self._begin is not None and self._cursor is not None:
            moments = table[self._cursor]
            begin = pa.scalar(self._begin, moments.type)
            self.late += pc.sum(pc.less(moments, begin)).as_py() or 0
