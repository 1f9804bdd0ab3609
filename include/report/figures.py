"""The shape of what left for one destination, one sync or one journey step, and how it adds up."""

from collections.abc import Iterable
from typing import Any

from include.report import words

OUTCOMES = ("confirmed", "rejected", "unknown")
COUNTS = ("planned", "sent", *OUTCOMES)
Figures = dict[str, Any]


def nothing() -> Figures:
    """Figures of a place to which nothing was to go."""
    return {**dict.fromkeys(COUNTS, 0), "held_back": {}}


def count(figures: Figures, state: str, n: int = 1) -> None:
    """Add `n` that were planned and are in `state` now. Sent is what a receiver may have seen."""
    figures["planned"] += n
    if state in OUTCOMES:
        figures["sent"] += n
        figures[state] += n


def hold_back(figures: Figures, reason: str, n: int = 1) -> None:
    """Add `n` that were held back for a reason."""
    figures["held_back"] = words.added([figures["held_back"], {reason: n}])


def total(parts: Iterable[Figures]) -> Figures:
    """Several figures as one."""
    found = list(parts)
    sums = {key: sum(part[key] for part in found) for key in COUNTS}
    return {**sums, "held_back": words.added([part["held_back"] for part in found])}
