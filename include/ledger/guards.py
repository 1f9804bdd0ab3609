"""When a change of an audience waits for a person: growth, shrink, nothing left, too few, a stale source.

Removals of people who may no longer be told of (consent, suppression, erasure) are not asked about, nor are
updates: who stays in an audience and withdrew one of two addresses is told anew without it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from include.destinations import Guards

Operation = tuple[str, str, str]  # member, operation, payload hash


@dataclass(frozen=True)
class Change:
    """What a night would do to one audience at one destination.

    `held`: members it holds now; `wanted`: members it should hold; `operations`: the ordinary ones;
    `stale`: channels that did not land the date.
    """

    held: int
    wanted: int
    operations: Sequence[Operation]
    stale: tuple[str, ...] = ()

    def count(self, operation: str) -> int:
        """How many operations of a kind."""
        return Counter(kind for _, kind, _ in self.operations)[operation]


def concerns(guards: Guards, change: Change) -> dict[str, str]:
    """Code → what is odd, in words for the person who is asked; empty if nothing is."""
    if not change.operations:
        return {}
    found = {
        "empty": _empty(change),
        "shrink": _shrink(guards, change),
        "growth": _growth(guards, change),
        "too_small": _too_small(guards, change),
        "stale_source": _stale(guards, change),
    }
    return {code: words for code, words in found.items() if words}


def question(operations: Iterable[Operation]) -> str:
    """Name of what a person is asked to approve: these operations and no others."""
    return hashlib.sha256(json.dumps(sorted(operations)).encode()).hexdigest()


def _empty(change: Change) -> str:
    is_empty = change.wanted == 0 and change.held > 0
    return f"nobody is left in it; the destination holds {change.held:,}" if is_empty else ""


def _shrink(guards: Guards, change: Change) -> str:
    return _beyond(change.count("remove"), change.held, guards.max_shrink, guards.always_allowed, "leave")


def _growth(guards: Guards, change: Change) -> str:
    return _beyond(change.count("add"), change.held, guards.max_growth, guards.always_allowed, "enter")


def _beyond(count: int, held: int, share: float, always_allowed: int, verb: str) -> str:
    """The first filling has nothing to be compared with."""
    if not held or count <= max(always_allowed, share * held):
        return ""
    return f"{count:,} would {verb} of {held:,} ({count / held:.0%}; {share:.0%} pass unasked)"


def _too_small(guards: Guards, change: Change) -> str:
    is_small = 0 < change.wanted < guards.min_size and change.count("add") > 0
    return f"{change.wanted:,} members are fewer than {guards.min_size:,}" if is_small else ""


def _stale(guards: Guards, change: Change) -> str:
    stale = [name for name in change.stale if guards.fresh is None or name in guards.fresh]
    return f"not landed for this date: {', '.join(stale)}" if stale else ""
