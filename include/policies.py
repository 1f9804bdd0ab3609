"""How people may be contacted: the seed `contact_policies`, which models and the ledger read alike."""

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from include.errors import FixDeclaration

SEED = Path(__file__).parents[1] / "dbt_project" / "seeds" / "policies" / "contact_policies.csv"
MESSAGES, DAYS, CONTROL_GROUP = "frequency_cap_messages", "frequency_cap_days", "control_group_share"


@dataclass(frozen=True)
class Policies:
    """At most `cap_messages` marketing messages to one person within `cap_days`; a share from 0 to 1."""

    cap_messages: int
    cap_days: int
    control_group_share: Decimal


def load_policies(path: Path = SEED) -> Policies:
    """The policies of the seed.

    Raises:
        FixDeclaration: a policy is missing, doubled, unknown, or not the number it must be; names the line.
    """
    values: dict[str, tuple[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            name, place = str(row.get("policy")), f"{path.name}, line {rows.line_num}"
            if name not in (MESSAGES, DAYS, CONTROL_GROUP):
                raise FixDeclaration(f"{place}: policy: {name!r} is none that anything reads")
            if name in values:
                raise FixDeclaration(f"{place}: policy: {name} is there twice")
            values[name] = (str(row.get("value") or ""), rows.line_num)
    if missing := [name for name in (MESSAGES, DAYS, CONTROL_GROUP) if name not in values]:
        raise FixDeclaration(f"{path.name}: there is no row for {', '.join(missing)}")
    return Policies(
        _count(path, MESSAGES, *values[MESSAGES]),
        _count(path, DAYS, *values[DAYS]),
        _share(path, CONTROL_GROUP, *values[CONTROL_GROUP]),
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _count(path: Path, name: str, text: str, line: int) -> int:
    number = _number(text)
    if number is None or number < 1 or number != int(number):
        raise FixDeclaration(f"{path.name}, line {line}: {name}: {text!r} is no whole number from 1")
    return int(number)


def _share(path: Path, name: str, text: str, line: int) -> Decimal:
    number = _number(text)
    if number is None or not 0 <= number <= 1:
        raise FixDeclaration(f"{path.name}, line {line}: {name}: {text!r} is no share from 0 to 1")
    return number
