"""Which entries a vendor found invalid, where it counts them all but names only some."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """How many entries of a request were invalid, and those of them that were named."""

    invalid: int
    named: frozenset[str] = frozenset()


def isolate(entries: Sequence[str], answer: Answer, say: Callable[[Sequence[str]], Answer]) -> set[str]:
    """All invalid ones of `entries`, which got `answer`; halves are said again until each is found."""
    found = set(answer.named) & set(entries)
    rest = [entry for entry in entries if entry not in found]
    missing = answer.invalid - len(found)
    if missing <= 0:
        return found
    if missing >= len(rest):
        return found | set(rest)
    first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    in_first = isolate(first, say(first), say)
    if len(in_first) < missing:
        found |= isolate(second, say(second), say)
    return found | in_first
