"""Who people are called: drawn by rank (power law) with a long tail, written in two scripts."""

import re
from functools import lru_cache

import numpy as np
from anyascii import anyascii

from include.sandbox.world.names_eastern import EASTERN, RARE, SHORT_FORMS
from include.sandbox.world.names_western import WESTERN
from include.sandbox.world.spec import Array

NAMES = WESTERN | EASTERN
SHORT = {
    name: tuple(forms.split(",")) for name, _, forms in (pair.partition(":") for pair in SHORT_FORMS.split())
}
RARE_SHARE = 0.22
# another way to write the same sounds, tried in this order
RESPELL = (
    ("shch", "sch"), ("ya", "ia"), ("yu", "iu"), ("kh", "h"), ("zh", "j"), ("yo", "e"), ("iy", "y"),
    ("ei", "ey"), ("ks", "x"), ("ey", "ei"), ("ay", "ai"), ("ai", "ay"), ("ts", "c"), ("v", "w"), ("y", "i"),
    ("k", "c"), ("i", "y"),
)  # fmt: skip


@lru_cache(maxsize=64)
def pool(culture: str, part: int) -> tuple[Array, Array]:
    """Names of a culture (0 women's, 1 men's, 2 last) and their cumulated chances."""
    listed = [name.replace("-", " ") if name[0].islower() else name for name in NAMES[culture][part].split()]
    rank = np.arange(len(listed), dtype=float)
    chance = 1 / (rank + 3)
    names, share = listed, chance / chance.sum()
    if part == 2 and culture in ("GB", "US", "FR", "DE", "RU"):
        begin, end = RARE["GB" if culture == "US" else culture]
        rare = [(a + (b.title() if a.endswith("-") else b)) for a in begin.split() for b in end.split()]
        names = listed + rare
        share = np.concatenate([share * (1 - RARE_SHARE), np.full(len(rare), RARE_SHARE / len(rare))])
    out = np.empty(len(names), object)
    out[:] = names
    return out, np.cumsum(share) / share.sum()


def draw_names(draw: np.random.Generator, cultures: Array, part: Array) -> Array:
    """A name for each person: `cultures` of codes, `part` 0 woman's first, 1 man's first, 2 last."""
    out, chance = np.empty(len(cultures), object), draw.random(len(cultures))
    for culture in NAMES:
        for kind in (0, 1, 2):
            mask = (cultures == culture) & (part == kind)
            if mask.any():
                names, cumulated = pool(culture, kind)
                out[mask] = names[np.minimum(np.searchsorted(cumulated, chance[mask]), len(names) - 1)]
    return out


@lru_cache(maxsize=200_000)
def feminine(last: str) -> str:
    """A woman's form of a Russian last name."""
    if last.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return last + "а"
    return last[:-2] + "ая" if last.endswith(("ий", "ой")) else last


@lru_cache(maxsize=200_000)
def latin(text: str) -> str:
    """Cyrillic text in Latin letters; other text as it is."""
    return anyascii(text).replace("'", "") if any("Ѐ" <= c <= "ӿ" for c in text) else text


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Text without accents; Cyrillic stays (ё becomes е)."""
    if any("Ѐ" <= c <= "ӿ" for c in text):
        return text.replace("ё", "е").replace("Ё", "Е").replace("й", "и")
    return anyascii(text)


@lru_cache(maxsize=200_000)
def respelled(name: str) -> str:
    """The name as another hand would transliterate it; as it is where there is no other way."""
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe"), ("å", "aa")):
        if umlaut in name:
            return name.replace(umlaut, letters)
    for old, new in RESPELL:
        if old in name[1:]:
            return name[0] + name[1:].replace(old, new)
    return name


def informal(name: str, script: str, choice: float) -> str:
    """A nickname or another transliteration of a first name, in `script` ("latin" or "own").

    Always another text than the name itself. `choice` in [0, 1) decides between several.
    """
    shown = latin(name) if script == "latin" else name
    forms = SHORT.get(name, ())
    if forms and (choice < 0.6 or shown == name == plain(name)):
        form = forms[int(choice * 1000) % len(forms)]
        return latin(form) if script == "latin" else form
    other = respelled(shown) if (script == "latin" and shown != name) or plain(shown) != shown else shown
    if other != shown:
        return other
    first = re.split(r"[ -]", shown)[0]
    if first != shown:
        return first
    return shown[:4] if len(shown) > 5 else f"{shown[0]}."
