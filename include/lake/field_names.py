"""Names of fields that a source sends and nobody declared, as manifests, logs and errors may show them.

A source whose fields are named by its users can put an address there. So a name is shown only where it looks
like one, and only so many; the rest are counted.
"""

import re
from collections.abc import Collection, Iterable

SHOWN = 20
KEPT = 10_000  # distinct names of one read that are held in memory
_NAME = re.compile(r"(?!.*\d{6})[^\W\d][\w.-]{0,62}")  # six digits in a row may be somebody's number
_MORE = re.compile(r"([0-9]{1,9}) more")  # a stranger may name a field so: more digits are no count of ours


def shown(names: Iterable[str]) -> list[str]:
    """Up to `SHOWN` names in order, then `n more` for those beyond and those that do not look like names.

    Entries `n more` of an earlier reading of the same rows are taken for what they are.
    """
    found = set(names)
    counted = {name for name in found if _MORE.fullmatch(name)}
    plain = sorted(name for name in found - counted if _NAME.fullmatch(name))
    rest = max([len(found - counted) - len(plain[:SHOWN]), *(int(name.split()[0]) for name in counted)])
    return [*plain[:SHOWN], *([f"{rest} more"] if rest else [])]


def keep(known: set[str], names: Collection[str]) -> None:
    """Add names to those of a read, `KEPT` at most."""
    known.update(sorted(names)[: max(0, KEPT - len(known))])
