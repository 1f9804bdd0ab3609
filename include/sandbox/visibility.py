"""Which rows a system shows: those that have arrived, of each key the newest, doubled ones twice.

A world's tables carry three columns besides those of the contract: `_visible_at` (when the row
arrived in the system), `_copies` (how often it stands there) and `_broken`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HIDDEN = ("_visible_at", "_copies", "_broken")


def arrived(table: pa.Table, until: datetime, since: datetime | None = None) -> pa.Table:
    """Rows whose `_visible_at` lies in `[since, until)`, with their hidden columns."""
    moment = table["_visible_at"]
    kept = pc.less(moment, pa.scalar(until, moment.type))
    if since is not None:
        kept = pc.and_(kept, pc.greater_equal(moment, pa.scalar(since, moment.type)))
    return table.filter(kept)


def newest(table: pa.Table, key: Sequence[str]) -> pa.Table:
    """Of each key the version that arrived last; a row without a whole key is kept as it is."""
    if not len(table):
        return table
    frame = table.select([*key, "_visible_at"]).to_pandas()
    frame = frame.sort_values("_visible_at", kind="stable")
    is_older = frame.duplicated(list(key), keep="last") & frame[list(key)].notna().all(axis=1)
    if not is_older.any():
        return table
    return table.filter(pa.array((~is_older).sort_index().to_numpy()))


def copied(table: pa.Table) -> pa.Table:
    """Each row as often as `_copies` says, copies side by side."""
    copies: Any = table["_copies"].to_numpy()
    if (copies == 1).all():
        return table
    return table.take(np.repeat(np.arange(len(table)), copies))


def shown(table: pa.Table, key: Sequence[str], until: datetime, since: datetime | None = None) -> pa.Table:
    """What the system holds of `table` at `until` (or what came since): hidden columns still on."""
    return copied(newest(arrived(table, until, since), key))


def without_hidden(table: pa.Table) -> pa.Table:
    """The contract's columns alone."""
    return table.drop_columns([name for name in HIDDEN if name in table.column_names])
