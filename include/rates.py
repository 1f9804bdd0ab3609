"""Exchange rates as analysts keep them: the seed `exchange_rates`, checked before a build reads it."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from include.company import Currency
from include.errors import FixDeclaration
from include.policies import SEED

RATES = SEED.with_name("exchange_rates.csv")
_CURRENCY: TypeAdapter[str] = TypeAdapter(Currency)


@dataclass(frozen=True)
class Rate:
    """From `valid_from` on, one unit of `currency` (ISO 4217) is worth `rate` in the company's currency."""

    valid_from: date
    currency: str
    rate: Decimal


def load_rates(path: Path = RATES) -> list[Rate]:
    """Every rate of the seed, in the order of its lines; there may be none.

    Raises:
        FixDeclaration: a date, a currency or a rate is none, or a currency has two rates of one date; names
            line and field.
    """
    found: dict[tuple[date, str], Rate] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            rate = _rate(
                {name: (value or "") for name, value in row.items()}, f"{path.name}, line {rows.line_num}"
            )
            if (rate.valid_from, rate.currency) in found:
                raise FixDeclaration(
                    f"{path.name}, line {rows.line_num}: {rate.currency} has two rates of {rate.valid_from}"
                )
            found[rate.valid_from, rate.currency] = rate
    return list(found.values())


def _rate(row: dict[str, str], place: str) -> Rate:
    try:
        valid_from = date.fromisoformat(row.get("valid_from", "").strip())
    except ValueError:
        raise FixDeclaration(
            f"{place}: valid_from: {row.get('valid_from')!r} is no date (YYYY-MM-DD)"
        ) from None
    try:
        currency = _CURRENCY.validate_python(row.get("currency", "").strip().upper())
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FixDeclaration(f"{place}: currency: {said}") from None
    try:
        rate = Decimal(row.get("rate", "").strip())
        is_rate = rate.is_finite() and rate > 0
    except InvalidOperation:
        is_rate = False
    if not is_rate:
        raise FixDeclaration(f"{place}: rate: {row.get('rate')!r} is no number above 0")
    return Rate(valid_from, currency, rate)
