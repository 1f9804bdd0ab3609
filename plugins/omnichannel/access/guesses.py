"""Guesses at logins: who has guessed wrong a few times must wait, longer each time, before the next counts.

Counted by client and user together, so that nobody can keep a user out from elsewhere, and by client alone,
so that nobody tries one password on everybody. What is refused while somebody waits is not counted, and a
pause ends: the right password then works again. Kept in this process, for the newest `MOST_KEPT`.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_OF_USER = 5  # wrong guesses of one client at one user before the first pause
FREE_OF_CLIENT = 50  # of one client at anybody: an office may share an address
LONGEST_PAUSE = 60.0  # seconds
FORGOTTEN_AFTER = 900.0  # seconds without a guess
MOST_KEPT = 10_000

Clock = Callable[[], float]


@dataclass(frozen=True)
class Guessed:
    """Wrong guesses, and until when the next is refused (seconds on the clock)."""

    wrong: int
    last: float
    until: float


class Guesses:
    """The wrong guesses of a process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, ...], Guessed] = OrderedDict()

    def wait(self, client: str, user: str) -> float:
        """Seconds until this client may guess at this user; 0 if now."""
        now = self._clock()
        found = (self._kept.get(key) for key, _ in _keys(client, user))
        return max(0.0, *(g.until - now if g else 0.0 for g in found))

    def count(self, client: str, user: str) -> None:
        """A guess is about to be looked at: it is wrong until `right` is called.

        Counted before, not after: many that are sent at once are one after another.
        """
        now = self._clock()
        for key, free in _keys(client, user):
            before = self._kept.pop(key, None)
            wrong = before.wrong + 1 if before and now - before.last < FORGOTTEN_AFTER else 1
            pause = min(LONGEST_PAUSE, 2.0 ** min(wrong - free, 10)) if wrong >= free else 0.0
            self._kept[key] = Guessed(wrong, now, now + pause)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def right(self, client: str, user: str) -> None:
        """The guess was right: forget those at this user, and take the one back from the client's."""
        (mine, _), (whole, _) = _keys(client, user)
        self._kept.pop(mine, None)
        if found := self._kept.get(whole):
            self._kept[whole] = Guessed(max(0, found.wrong - 1), found.last, self._clock())


def _keys(client: str, user: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """What is counted: this client's guesses at this user, and all of this client's; with what is free."""
    network = _network(client)
    return ((network, user.casefold()[:128]), FREE_OF_USER), ((network,), FREE_OF_CLIENT)


def _network(client: str) -> str:
    """A client's address; of IPv6 the network of 64 bits, all of which one client has."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return client
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or ipaddress.ip_network((address, 64), strict=False))
