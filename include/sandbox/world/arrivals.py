"""How rows reach their source: late, twice, corrected afterwards, or broken."""

import numpy as np

from include.sandbox.world.calendar import DAY_US
from include.sandbox.world.spec import Array, Rows
from include.sandbox.world.tables import stack, take

LATE, VERY_LATE, TWICE, CORRECTED, BROKEN = 0.04, 0.003, 0.01, 0.01, 0.002


def delays(count: int, draw: np.random.Generator) -> Array:
    """How long after its event each row shows: mostly at once, else one to three days, or up to thirty."""
    chance, part = draw.random(count), draw.random(count)
    days = np.where(chance < LATE, 1 + 2 * part, 0.0)
    days = np.where(chance >= 1 - VERY_LATE, 3 + 27 * part, days)
    return (days * DAY_US).astype(np.int64).astype("timedelta64[us]")


def arrive(rows: Rows, at: Array, key: str, draw: np.random.Generator, required: str, amount: str = "") -> Rows:
    """Rows with `_visible_at` = `updated_at` = event time plus delay, some of them doubled or broken.

    A broken row lacks its key or the `required` column, or its `amount` cannot be read. `key` may be
    empty where the system cannot lose it.
    """
    return damage(stamp(rows, at + delays(len(at), draw), draw), key, draw, required, amount)


def stamp(rows: Rows, visible: Array, draw: np.random.Generator) -> Rows:
    """Rows that show from `visible`; one in a hundred is sent twice."""
    copies = np.where(draw.random(len(visible)) < TWICE, 2, 1)
    return rows | {"updated_at": visible, "_visible_at": visible, "_copies": copies}


def damage(rows: Rows, key: str, draw: np.random.Generator, required: str, amount: str = "") -> Rows:
    """Break one row in five hundred, and say how in `_broken`."""
    n = len(rows["_visible_at"])
    broken = np.flatnonzero(draw.random(n) < BROKEN)
    ways = [(key, "missing_key", None)] if key else []
    ways += [(required, "missing_value", None)]
    ways += [(amount, "bad_amount", "abc")] if amount else []
    chosen = draw.integers(0, len(ways), len(broken))
    out = dict(rows) | {"_broken": np.full(n, None, object), "_copies": rows["_copies"].copy()}
    out["_copies"][broken] = 1
    for which, (column, name, value) in enumerate(ways):
        at = broken[chosen == which]
        out["_broken"][at] = name
        if len(at):
            out[column] = _emptied(out[column], at, value)
    return out


def _emptied(values: Array, at: Array, value: str | None) -> Array:
    if values.dtype.kind == "M":
        out = values.copy()
        out[at] = np.datetime64("NaT")
    else:
        out = values.astype(object)
        out[at] = value
    return out


def undamaged(rows: Rows) -> Rows:
    """Rows of a system that neither doubles nor breaks anything."""
    n = len(rows["_visible_at"])
    return rows | {"_copies": np.ones(n, np.int64), "_broken": np.full(n, None, object)}


def correct(rows: Rows, changed: Rows, draw: np.random.Generator, chosen: Array | None = None) -> Rows:
    """Rows and, a few days later, second versions of one in a hundred (or of `chosen`) with `changed` columns."""
    n = len(rows["_visible_at"])
    picks = np.flatnonzero(draw.random(n) < CORRECTED) if chosen is None else chosen
    if not len(picks):
        return rows
    later = take(rows, picks) | {name: values[picks] for name, values in changed.items()}
    wait = (draw.uniform(0.2, 8, len(picks)) * DAY_US).astype(np.int64).astype("timedelta64[us]")
    visible = later["_visible_at"] + wait
    later |= {"_visible_at": visible, "_copies": np.ones(len(picks), np.int64)}
    later |= {"updated_at": visible} if "updated_at" in rows else {}
    return stack([rows, later])


def different(values: Array, wanted: Array) -> Array:
    """`wanted`, or where that is what stands there already, another spelling of it."""
    other = [None if w is None else w.upper() if w != w.upper() else w.title() for w in wanted.tolist()]
    out = np.empty(len(values), object)
    out[:] = [o if v == w else w for v, w, o in zip(values.tolist(), wanted.tolist(), other, strict=True)]
    return out
