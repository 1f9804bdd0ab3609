"""Telephone numbers to E.164, by the library; and every number that one spelling may be."""

import re
from collections.abc import Iterable, Iterator

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber

from include.normalise.countries import country_code
from include.normalise.text import READ, visible

E164 = phonenumbers.PhoneNumberFormat.E164
NO_COUNTRY = "ZZ"  # the library's word for it: only an international number can be read

_E164 = re.compile(r"\+[0-9]{6,15}")  # more digits cannot be dialled, and fewer reach no person
# "Tel. …", "… (mobile)", "… call me": the library would dial letters. An extension stays, it knows these.
_WORDS_BEFORE = re.compile(r"^[^\d+(]+")
_WORDS_BEHIND = re.compile(r"[\s(,;/@-]*\b(?!ext|x\b)[^\W\d_]{2,}.*$", re.IGNORECASE | re.DOTALL)
_AS_NUMBER = re.compile(r"^(\+?[\d\s]+)\.0+$")
_DOUBLE_ZERO = re.compile(r"(?:tel:)?\s*\(?\s*00\s*\)?", re.IGNORECASE)


def to_e164(number: str, country: str | None, default: str) -> str | None:
    """`+` and 6 to 15 digits of a number as given, without its extension; None if it is no number.

    It is read as dialled in `country`, as anybody writes it; where that is none that is known, in `default`
    (ISO 3166). Digits of any script, invisible marks, `00` for `+` and `tel:` are read.
    """
    region = (country_code(country) if country else None) or default
    return _e164(_plain(number[:READ]), region)


def readings(text: str, countries: Iterable[str]) -> tuple[str, ...]:
    """Every E.164 that a text may mean, read in each of `countries` (ISO 3166), sorted.

    A number that says its country code has one reading; one without its plus sign is read with it, too. A
    text that is no number as a whole may hold several: `020 7946 0018 / 07700 900123 (mobile)`.
    """
    text = text[:READ]
    plain = _plain(text)
    abroad = _e164(plain, NO_COUNTRY)
    if abroad:
        return (abroad,)
    regions = {country_code(country) or NO_COUNTRY for country in countries}
    found = {_e164(plain, region) for region in regions} | {_e164(f"+{plain}", NO_COUNTRY)}
    found.update(read for region in regions for read in _held(visible(text), region))
    return tuple(sorted(number for number in found if number))


def calling_region(number: str) -> str | None:
    """The main country (ISO 3166) of the calling code with which an E.164 begins; None if there is none."""
    for digits in (1, 2, 3):
        code = number[1 : digits + 1]
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code) if code.isdecimal() else 0)
        if regions:
            return None if regions[0] == "001" else str(regions[0])
    return None


def _held(text: str, region: str) -> Iterator[str]:
    """Numbers within a text."""
    leniency = phonenumbers.Leniency.POSSIBLE
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency, max_tries=100):
        number = phonenumbers.format_number(match.number, E164)
        if _E164.fullmatch(number):
            yield number


def _plain(text: str) -> str:
    """Without invisible marks, words around, and the `.0` of a spreadsheet that took it for a number."""
    number = _WORDS_BEHIND.sub("", _WORDS_BEFORE.sub("", visible(text)))
    return _AS_NUMBER.sub(r"\1", number.strip())


def _e164(plain: str, region: str) -> str | None:
    parsed = _parsed(plain, region)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        return None
    number = phonenumbers.format_number(parsed, E164)
    if not _E164.fullmatch(number):
        return None
    again = _attempt(number, NO_COUNTRY)  # zeros behind a country code vanish one by one: no such number
    return number if again and phonenumbers.format_number(again, E164) == number else None


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
