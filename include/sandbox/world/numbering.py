"""Numbers a system gives to what happens, in the order it happens: day, then a count within the day."""

import numpy as np

from include.sandbox.world.calendar import to_date
from include.sandbox.world.spec import Array, texts


def by_day(prefix: str, days: Array) -> Array:
    """Codes like `R260315-00042`; `days` must stand in the order of the count."""
    order = np.argsort(days, kind="stable")
    ordered = days[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    rank = np.empty(len(days), np.int64)
    rank[order] = np.arange(len(days)) - starts
    name = {int(day): to_date(int(day)).strftime("%y%m%d") for day in np.unique(days)}
    return texts(
        [f"{prefix}{name[d]}-{r:05d}" for d, r in zip(days.tolist(), (rank + 1).tolist(), strict=True)]
    )
