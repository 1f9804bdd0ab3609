"""The company as data: its country, languages, currency and time zone, declared in `company.yml`."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from babel.core import get_global
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from include.declarations import Declaration, read_document, validate

COMPANY = Path(__file__).parent / "company.yml"
COUNTRIES = Path(__file__).parents[1] / "dbt_project" / "seeds" / "countries" / "countries.csv"
NO_ZONES = {"Factory", "localtime"}  # files among the zones that name no place


@cache
def _countries() -> frozenset[str]:
    with COUNTRIES.open(encoding="utf-8", newline="") as file:
        return frozenset(row["country"] for row in csv.DictReader(file))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - NO_ZONES)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(
            f'YAML reads a bare {"YES" if value else "NO"} as {value}: write it in quotes, as "NO"'
        )
    return value


def _country(value: str) -> str:
    if value not in _countries():
        raise ValueError(f"{value!r} is no country; write it as GB (ISO 3166, two capital letters)")
    return value


def _currency(value: str) -> str:
    if value not in get_global("all_currencies"):
        raise ValueError(f"{value!r} is no currency; write it as GBP (ISO 4217, three capital letters)")
    return value


def _time_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"{value!r} is no time zone; write it as Europe/London (IANA)")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError(f"{value!r} is no language; write it as en (ISO 639, two small letters)")
    return value


def _listed(value: Any) -> Any:
    """A variable of the environment lists languages as `en,fr`."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Country = Annotated[str, AfterValidator(_country), BeforeValidator(_text)]
Currency = Annotated[str, AfterValidator(_currency), BeforeValidator(_text)]
TimeZone = Annotated[str, AfterValidator(_time_zone), BeforeValidator(_text)]
Language = Annotated[str, AfterValidator(_language), BeforeValidator(_text)]
Languages = Annotated[tuple[Language, ...], NoDecode, BeforeValidator(_listed), Field(min_length=1)]


class Company(Declaration):
    """Codes of ISO 3166, 639 and 4217, and a zone of IANA. The first language is its own."""

    country: Country
    languages: Languages
    currency: Currency
    time_zone: TimeZone


def load_company(path: Path = COMPANY) -> Company:
    """The company's declaration.

    Raises:
        FixDeclaration: the file is wrong, saying line and field.
    """
    return validate(read_document(path), Company)
