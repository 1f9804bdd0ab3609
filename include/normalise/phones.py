"""Telephone numbers to E.164, by the library; and every number that one spelling may be."""

import re
from collections.abc import Iterable

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber

from include.normalise.countries import country_code
from include.normalise.text import visible

NO_COUNTRY = "ZZ"  # the library's word for it: only an international number can be read

_E164 = re.compile(r"\+[0-9]{6,15}")  # more digits cannot be dialled, and fewer reach no person
_SEPARATOR = re.compile(r"\s+[^\W\d]+\s+|[/;,|&\n]")  # a word between them, too
_DOUBLE_ZERO = re.compile(r"(?:tel:)?\s*\(?\s*00\s*\)?", re.IGNORECASE)


def to_e164(number: str, country: str | None, default: str) -> str | None:
    """`+` and 6 to 15 digits of a number as given, without its extension; None if it is no number.

    It is read as dialled in `country`, as anybody writes it; where that is none that is known, in `default`
    (ISO 3166). Digits of any script, invisible marks, `00` for `+` and `tel:` are read.
    """
    region = (country_code(country) if country else None) or default
    return _e164(visible(number).strip(), region)


def readings(text: str, countries: Iterable[str]) -> tuple[str, ...]:
    """Every E.164 that a text may mean, read in each of `countries` (ISO 3166), sorted.

    An international number has one reading, wherever it is read; a text that is no number has none. Where a
    text as a whole is none, it may hold several: `020 7946 0018 / 07700 900123`.
    """
    known = frozenset(countries)
    whole = _readings(text, known)
    parts = [] if whole else _SEPARATOR.split(visible(text))
    return whole or tuple(sorted({read for part in parts for read in _readings(part, known)}))


def _readings(number: str, countries: Iterable[str]) -> tuple[str, ...]:
    plain = visible(number).strip()
    regions = sorted({country_code(country) or NO_COUNTRY for country in countries} | {NO_COUNTRY})
    abroad = _e164(plain, NO_COUNTRY)
    if abroad:
        return (abroad,)
    return tuple(sorted({read for region in regions if (read := _e164(plain, region))}))


def _e164(plain: str, region: str) -> str | None:
    parsed = _parsed(plain, region)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        return None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return number if _E164.fullmatch(number) else None


def _parsed(plain: str, region: str) -> PhoneNumber | None:
    """As dialled in the region; `00` is read as `+` where the region dials abroad in another way."""
    parsed = _attempt(plain, region)
    if parsed and parsed.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return parsed
    if not _DOUBLE_ZERO.match(plain):
        return parsed
    abroad = _attempt(_DOUBLE_ZERO.sub("+", plain), NO_COUNTRY)
    return abroad if abroad and phonenumbers.is_possible_number(abroad) else parsed


def _attempt(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
