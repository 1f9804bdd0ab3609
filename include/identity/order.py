"""Which part of a customer was known first: what names a person before what was joined to it later."""

from collections.abc import Sequence


def known_first(cores: Sequence[int], values: Sequence[int]) -> list[int]:
    """The cores of one customer, the one known first in front.

    Args:
        cores: who showed a value, in the order in which values were first shown; what says most comes before
            what says less, whenever it was.
        values: the value that each of them showed.

    Where a core shows a value that another group of cores showed before, its whole group goes behind that
    one. So neither age nor number of a stranger's own records brings them in front of whom they name: only
    having had the shared value first does.
    """
    groups: dict[int, list[int]] = {}
    first: dict[int, int] = {}
    for core, value in zip(cores, values, strict=True):
        guests = groups.setdefault(core, [core])
        hosts = groups[first.setdefault(value, core)]
        if hosts is not guests:
            hosts.extend(guests)
            groups.update(dict.fromkeys(guests, hosts))
    return [core for core, group in groups.items() if group[0] == core for core in group]
