"""How rows reach their source: late, twice, corrected afterwards, or broken."""

from dataclasses import dataclass

import numpy as np

from include.sandbox.world.calendar import DAY_US
from include.sandbox.world.spec import Array, Rows, given
from include.sandbox.world.tables import stack, take

LATE, VERY_LATE, TWICE, CORRECTED, BROKEN = 0.04, 0.003, 0.01, 0.01, 0.002


@dataclass(frozen=True)
class Arrivals:
    """The way of rows into one system. A `calm` one (a replayed shop's) keeps time and breaks nothing."""

    draw: np.random.Generator
    calm: bool = False

    def _happens(self, count: int, share: float) -> Array:
        return self.draw.random(count) < (0.0 if self.calm else share)

    def delays(self, count: int) -> Array:
        """How long after its event each row shows: mostly none, else one to three days, or up to thirty."""
        late, very, part = (
            self._happens(count, LATE),
            self._happens(count, VERY_LATE),
            self.draw.random(count),
        )
        days = np.where(very, 3 + 27 * part, np.where(late, 1 + 2 * part, 0.0))
        return np.asarray((days * DAY_US).astype(np.int64).astype("timedelta64[us]"))

    def stamp(self, rows: Rows, visible: Array) -> Rows:
        """Rows that show from `visible`; one in a hundred is sent twice."""
        copies = np.where(self._happens(len(visible), TWICE), 2, 1)
        return rows | {"updated_at": visible, "_visible_at": visible, "_copies": copies}

    def damage(self, rows: Rows, key: str, required: str, amount: str = "", born: str = "") -> Rows:
        """Break one row in five hundred, and say how in `_broken`.

        It lacks its `key` or the `required` column, or its `amount` or `born` cannot be read; what is not
        named, the system cannot lose.
        """
        n = len(rows["_visible_at"])
        broken = np.flatnonzero(self._happens(n, BROKEN))
        ways: list[tuple[str, str, str | None]] = [(key, "missing_key", None)] if key else []
        ways += [(required, "missing_value", None)]
        ways += [(amount, "bad_amount", "abc")] if amount else []
        ways += [(born, "bad_date", "1985-02-31")] if born else []
        chosen = self.draw.integers(0, len(ways), len(broken))
        out = dict(rows) | {"_broken": np.full(n, None, object), "_copies": rows["_copies"].copy()}
        out["_copies"][broken] = 1
        for which, (column, name, value) in enumerate(ways):
            at = broken[chosen == which]
            out["_broken"][at] = name
            if len(at):
                out[column] = _emptied(out[column], at, value)
        return out

    def arrive(
        self, rows: Rows, at: Array, key: str, required: str, amount: str = "", born: str = ""
    ) -> Rows:
        """Rows with `_visible_at` = `updated_at` = event time plus delay, some of them doubled or broken."""
        return self.damage(self.stamp(rows, at + self.delays(len(at))), key, required, amount, born)

    def correct(self, rows: Rows, changed: Rows) -> Rows:
        """Rows and, within days, second versions of one sound row in a hundred, with `changed` columns."""
        n = len(rows["_visible_at"])
        picks = np.flatnonzero(self._happens(n, CORRECTED) & ~given(rows["_broken"]))
        if not len(picks):
            return rows
        later = take(rows, picks) | {name: values[picks] for name, values in changed.items()}
        visible = later["_visible_at"] + self.waits(len(picks))
        later |= {"_visible_at": visible, "_copies": np.ones(len(picks), np.int64)}
        later |= {"updated_at": visible} if "updated_at" in rows else {}
        return stack([rows, later])

    def waits(self, count: int) -> Array:
        """How long until a row is put right."""
        days = self.draw.uniform(0.2, 8, count)
        return np.asarray((days * DAY_US).astype(np.int64).astype("timedelta64[us]"))

    def wrong_lines(self, broken: Array) -> Array:
        """Rows of document lines that will be put right: one sound line in a hundred."""
        return np.flatnonzero(self._happens(len(broken), CORRECTED * 1.03) & ~given(broken))


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


def different(values: Array, wanted: Array) -> Array:
    """`wanted`, or where that is what stands there already, another spelling of it."""
    other = [None if w is None else w.upper() if w != w.upper() else w.title() for w in wanted.tolist()]
    out = np.empty(len(values), object)
    out[:] = [o if v == w else w for v, w, o in zip(values.tolist(), wanted.tolist(), other, strict=True)]
    return out
