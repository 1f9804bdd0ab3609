"""Which part of a customer was known first: what names a person before what was joined to it later."""

from collections.abc import Sequence

_NEVER = 2**63 - 1


def known_first(
    cores: Sequence[int],
    values: Sequence[int],
    is_browser: Sequence[bool] = (),
    ages: Sequence[int] = (),
) -> list[int]:
    """The cores of one customer, the one known first in front.

    Args:
        cores: who showed a value, in the order in which values were first shown; what says most comes before
            what says less, whenever it was.
        values: the value that each of them showed.
        is_browser: whether it was a visitor's browser that showed it; none given: never.
        ages: when it was shown, in microseconds since 1970; none given: in the order given.

    Where a core shows a value that another group of cores showed before, its whole group goes behind that
    one. So neither age nor number of a stranger's own records brings them in front of whom they name: only
    having had the shared value first does. What a browser shows of two groups brings neither behind the
    other, for it can name anything: of these, the one that showed something earlier comes first.
    """
    groups: dict[int, list[int]] = {}
    first: dict[int, int] = {}
    shown: dict[int, int] = {}
    for place, (core, value) in enumerate(zip(cores, values, strict=True)):
        is_forged = bool(is_browser) and is_browser[place]
        if not is_forged:
            shown[core] = min(shown.get(core, _NEVER), ages[place] if ages else place)
        guests = groups.setdefault(core, [core])
        hosts = groups[first.setdefault(value, core)]
        if hosts is not guests and (len(guests) == 1 or not is_forged):
            hosts.extend(guests)
            groups.update(dict.fromkeys(guests, hosts))
    apart = [group for core, group in groups.items() if group[0] == core]
    apart.sort(key=lambda group: min(shown.get(core, _NEVER) for core in group))
    return [core for group in apart for core in group]
