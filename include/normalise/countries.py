"""Countries as people and systems write them: codes, names in many languages, common aliases.

Codes and English names come from ISO 3166 (pycountry), names in other languages from CLDR (Babel); what both
lack stands in the seed country_names.csv. A name that two countries share is nobody's.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from include.normalise.text import READ, clusters, is_pointed, visible

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "countries" / "country_names.csv"
KOSOVO = "XK"  # ISO has left it to its users; CLDR, the EU and libphonenumber use it
_NO_ANSWER = re.compile(r"n[./\s]+a\.?", re.IGNORECASE)  # "not available", which is not Namibia
_ARTICLE = re.compile(r"^the\s+|,\s*the$", re.IGNORECASE)
_LOCALE = re.compile(r"[a-z]{2,3}([_-][A-Z][a-z]{3})?[_-]([A-Z]{2})")
_PARTS = re.compile(r"\s*[()\[\]/|;,]\s*|\s+[-\u2013\u2014]\s+")


@lru_cache(maxsize=4096)
def country_code(text: str) -> str | None:
    """Two capital letters of ISO 3166 (and `XK`); None if the text names no country, or one of several.

    Known are alpha-2, alpha-3 and numeric codes, names, codes of parts (`GB-ENG`) and locales (`en_GB`).
    Case, blanks, dots and accents do not matter. What is several countries (`EU`) is none.
    """
    plain = visible(text[:READ]).strip()
    if not plain or _NO_ANSWER.fullmatch(plain):
        return None
    return _known(plain) or _in_code(plain) or _in_parts(plain)


def _known(plain: str) -> str | None:
    """By code or name as a whole."""
    bare = name_of(_ARTICLE.sub("", plain))
    return _english().get(name_of(plain)) or _english().get(bare) or _foreign().get(bare)


def _in_code(plain: str) -> str | None:
    """The country of an ISO 3166-2 code, or of a locale; where case does not say which it is, none."""
    import pycountry

    locale = _LOCALE.fullmatch(plain)
    if locale:
        return _english().get(locale[2].lower())
    part = pycountry.subdivisions.get(code=plain.upper()) if "-" in plain else None  # type: ignore[no-untyped-call]
    return str(part.country_code) if part else None


def _in_parts(plain: str) -> str | None:
    """`Germany (DE)`, `Österreich / Austria`: every part must name the same country."""
    parts = [part for part in _PARTS.split(plain) if part]
    found = {_known(part) for part in parts}
    return found.pop() if len(parts) > 1 and len(found) == 1 else None


def name_of(text: str) -> str:
    """A name as it is looked up: letters and digits in lower case, accents dropped, `&` read as "and".

    Accents stay in a short name, which would be taken for a code: `Áo` is Austria, not Angola.
    """
    spelled = visible(visible(text).replace("&", " and ").lower())
    key = "".join(c if is_pointed(c) else c + marks for c, marks in clusters(spelled))
    return spelled if len(key) <= 3 and key.isascii() and not spelled.isascii() else key


def aliases() -> dict[str, str]:
    """The seed: alias as written, to country."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return {row["alias"]: row["country"] for row in csv.DictReader(file)}


@cache
def _english() -> Mapping[str, str]:
    """Codes and English names; the seed decides where they differ."""
    known = _unambiguous(_iso_names(), {})
    return {**known, **_codes(), **{name_of(alias): code for alias, code in aliases().items()}}


def _codes() -> dict[str, str]:
    """Alpha-2, alpha-3 and numeric codes, withdrawn ones (`BU`) where one country has followed."""
    import pycountry
    from babel.core import get_global

    codes = {country.alpha_2: country.alpha_2 for country in pycountry.countries} | {KOSOVO: KOSOVO}
    old = {code: new[0] for code, new in get_global("territory_aliases").items() if len(new) == 1}
    followed = {code: new for code, new in old.items() if new in codes and re.fullmatch("[A-Z]{2,3}", code)}
    of_iso = {
        c: country.alpha_2 for country in pycountry.countries for c in (country.alpha_3, country.numeric)
    }
    return {code.lower(): country for code, country in {**followed, **codes, **of_iso}.items()}


def _iso_names() -> Iterator[tuple[str, str]]:
    """English names: short, official, common; `Korea, Republic of` in both orders."""
    import pycountry

    for country in pycountry.countries:
        for name in (
            country.name,
            getattr(country, "official_name", ""),
            getattr(country, "common_name", ""),
        ):
            head, comma, tail = name.partition(", ")
            yield name, country.alpha_2
            yield f"{tail} {head}" if comma else name, country.alpha_2
    yield from _cldr_names("en")


@cache
def _foreign() -> Mapping[str, str]:
    """Names in the languages of CLDR that no English name or code claims."""
    from babel.localedata import locale_identifiers

    languages = sorted(language for language in locale_identifiers() if "_" not in language)
    return _unambiguous((pair for language in languages for pair in _cldr_names(language)), _english())


def _cldr_names(language: str) -> Iterator[tuple[str, str]]:
    from babel.localedata import load

    countries = set(_codes().values())
    names = load(language).get("territories", {}).items()
    return ((name, code) for code, name in names if code in countries and isinstance(name, str))


def _unambiguous(names: Iterable[tuple[str, str]], taken: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, code in names:
        key = name_of(name)
        if key not in taken and (len(key) > 2 or not key.isascii()):
            found.setdefault(key, set()).add(code)
    return {key: codes.pop() for key, codes in found.items() if key and len(codes) == 1}
