"""What world is wanted, and what comes out of it."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from include.sandbox.world.people import People

Array: TypeAlias = np.ndarray[Any, Any]
Rows: TypeAlias = dict[str, Array]
"""Columns of equal length, by name: the form of every table until it becomes Arrow."""


@dataclass(frozen=True)
class WorldSpec:
    """A world: the same spec gives the same bytes.

    `people` counts those who joined by `first_date`, the last day of the year of history. With
    `orders` (a transaction file) both come from the file instead; see `replay.resolve`.
    """

    seed: int = 7
    people: int = 2000
    first_date: date = date(2026, 3, 15)
    orders: Path | None = None
    time_zone: str = "Europe/London"
    currency: str = "GBP"


@dataclass(frozen=True)
class World:
    """What the source systems hold, and the truth behind it.

    `tables[(channel, stream)]` has the source's columns plus `_visible_at`, `_copies`, `_broken`
    (see `tables.SCHEMAS`). `truth_records`: channel, stream, record_key, person_id.
    `truth_people`: hidden traits, one row a person (in a day's increment: who joined that day).
    """

    tables: dict[tuple[str, str], pa.Table]
    truth_records: pa.Table
    truth_people: pa.Table
    people: "People"


def rng(seed: int, *purpose: object) -> np.random.Generator:
    """The random stream of one purpose: independent of every other and of the order of calls."""
    name = "|".join([str(seed), *map(str, purpose)])
    return np.random.default_rng(
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "big")
    )


def scatter(numbers: Array, space: int, seed: int, purpose: str) -> Array:
    """Map distinct integers below `space` to distinct integers below it, in no visible order."""
    draw = rng(seed, "scatter", purpose)
    factor = int(draw.integers(space // 3, space // 2)) | 1
    while np.gcd(factor, space) != 1:
        factor += 2
    return (numbers.astype(np.int64) * factor + int(draw.integers(0, space))) % space


def chance_of(seed: int, purpose: str, *numbers: Array | int) -> Array:
    """A number in [0, 1) for each tuple of integers: always the same, whatever is asked before it."""
    key = int.from_bytes(hashlib.blake2b(f"{seed}|{purpose}".encode(), digest_size=8).digest(), "big")
    mixed: Array = np.full(np.broadcast_shapes(*(np.shape(n) for n in numbers)), key, np.uint64)
    with np.errstate(over="ignore"):
        for values in numbers:
            mixed = mixed ^ np.asarray(values).astype(np.uint64)
            mixed = (mixed + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed = mixed ^ (mixed >> np.uint64(31))
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)


def pick(draw: np.random.Generator, values: Array, size: int) -> Array:
    """`size` values drawn with equal chance."""
    return values[draw.integers(0, len(values), size)]


def texts(values: list[str] | list[str | None]) -> Array:
    """A list of strings as an object array (numpy would make fixed-width text of it)."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def where_each(values: Array, mask: Array, change: Any) -> Array:
    """Copy of `values` with `change(value)` applied where `mask` holds and there is a value."""
    out = values.copy()
    for i in np.flatnonzero(mask):
        if out[i] is not None:
            out[i] = change(out[i])
    return out


def only(mask: Array, values: Array | str) -> Array:
    """`values` where `mask` holds, else None."""
    kept: Array = np.where(mask, values, np.array(None, object))
    return kept


def given(values: Array) -> Array:
    """Where there is a value at all (object arrays: not None)."""
    return np.asarray(values != np.array(None, object))
