"""What a template is given: plain values, cleaned. The same for sending and for checking."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from include.brand import Brand, FooterWords
from include.declarations import read_document
from include.errors import FixDeclaration
from include.normalise.greetings import greeting_name

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Reader:
    """The person a message is written to, as far as the words need to know."""

    language: str
    name: str | None = field(default=None, repr=False)
    consented_on: date | None = None


@cache
def load_words(journey: str, languages: tuple[str, ...], folder: Path = FOLDER) -> Mapping[str, Any]:
    """A journey's words by language.

    Raises:
        FixDeclaration: a language is missing, or lacks a word that the first has.
    """
    document = read_document(folder / journey / "words.yml")
    words = document.value if isinstance(document.value, dict) else {}
    first = words.get(languages[0]) or {}
    for language in languages:
        missing = set(first) - set(words.get(language) or {}) if first else {"everything"}
        if missing:
            raise FixDeclaration(f"{document.at((language,))}: no {', '.join(sorted(missing))}")
    for place in _silences(words):
        raise FixDeclaration(f"{document.at(place)}: says nothing (a comma in an unquoted text?)")
    return words


def _silences(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a word should stand and none does."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _silences(inner, (*place, key))
    elif not isinstance(value, str) or not value.strip():
        yield place


def build_context(brand: Brand, journey: str, reader: Reader, unsubscribe_url: str) -> dict[str, Any]:
    """Plain dictionaries, text and numbers only. `name` is None where none is fit to be printed."""
    footer = brand.footer.words[reader.language]
    return {
        "brand": _looks(brand),
        "words": load_words(journey, tuple(brand.languages))[reader.language],
        "footer": _footer(brand, footer, reader.consented_on),
        "language": reader.language,
        "name": greeting_name(reader.name),
        "unsubscribe_url": unsubscribe_url,
    }


def _looks(brand: Brand) -> dict[str, Any]:
    return {
        "name": brand.name,
        "strapline": brand.strapline,
        "site": str(brand.site),
        "colours": brand.colours.model_dump(),
        "typefaces": brand.typefaces.model_dump(),
    }


def _footer(brand: Brand, words: FooterWords, consented_on: date | None) -> dict[str, str]:
    return {
        "reason": words.reason(consented_on),
        "no_more": words.no_more,
        "unsubscribe": words.unsubscribe,
        "address": brand.footer.address,
        "registered": brand.footer.registered,
    }
