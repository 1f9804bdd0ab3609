"""What hands and tills do to names, streets, postcodes and dates. Every change really changes the text."""

import re

import numpy as np

from include.sandbox.world.names import informal, latin, plain, respelled
from include.sandbox.world.spec import Array, texts, where_each

INFORMAL, TYPO, CASE, ACCENTS_LOST = 0.18, 0.07, 0.20, 0.10
DAY_OFF, FIRST_OF_JANUARY = 0.03, 0.02
ABBREVIATED, POSTCODE_MISSING, POSTCODE_OTHERWISE = 0.30, 0.03, 0.17
SHORT_STREETS = (
    ("Street", "St"), ("Road", "Rd."), ("Avenue", "Ave"), ("Lane", "Ln"), ("Close", "Cl"), ("Drive", "Dr"),
    ("Boulevard", "Blvd"), ("straße", "str."), ("weg", "wg."), ("platz", "pl."), ("rue ", "r. "),
    ("avenue ", "av. "), ("boulevard ", "bd "), ("place ", "pl. "), ("viale ", "v.le "), ("via ", "v. "),
    ("piazza ", "p.za "), ("calle ", "c/ "), ("avenida ", "avda. "), ("plaza ", "pza. "), ("ulica ", "ul. "),
    ("aleja ", "al. "), ("plac ", "pl. "), ("улица ", "ул. "), ("проспект ", "пр-т "), ("переулок ", "пер. "),
    ("ulitsa ", "ul. "), ("prospekt ", "pr. "), ("pereulok ", "per. "),
)  # fmt: skip
LETTERS = {False: "abcdefghijklmnoprstuvwy", True: "абвгдежзиклмнопрстуфхцчшыэюя"}


def first_names(names: Array, script: str, draw: np.random.Generator) -> Array:
    """First names as written down: nicknames and other transliterations, then slips."""
    mask, choice = draw.random(len(names)) < INFORMAL, draw.random(len(names))
    shown = texts([latin(name) for name in names]) if script == "latin" else names.copy()
    for i in np.flatnonzero(mask):
        shown[i] = informal(names[i], script, choice[i])
    return slips(shown, draw)


def last_names(names: Array, script: str, draw: np.random.Generator) -> Array:
    """Last names as written down; Cyrillic ones in Latin letters in more than one way."""
    shown = texts([latin(name) for name in names]) if script == "latin" else names
    foreign = (draw.random(len(names)) < INFORMAL) & (shown != names)
    return slips(where_each(shown, foreign, respelled), draw)


def slips(names: Array, draw: np.random.Generator) -> Array:
    """Typing errors, lost accents, capitals or lower case."""
    n = len(names)
    wrong, kind, place = draw.random(n) < TYPO, draw.integers(0, 3, n), draw.random(n)
    out = names.copy()
    for i in np.flatnonzero(wrong):
        out[i] = mistyped(out[i], int(kind[i]), float(place[i]))
    out = where_each(out, draw.random(n) < ACCENTS_LOST, plain)
    case = draw.random(n)
    out = where_each(out, case < CASE * 0.55, str.upper)
    return where_each(out, (case >= CASE * 0.55) & (case < CASE), str.lower)


def mistyped(name: str, kind: int, place: float) -> str:
    """One letter dropped (0), wrong (1), or swapped with the next (2)."""
    at = int(place * len(name))
    if kind == 2 and at + 1 < len(name) and name[at].lower() != name[at + 1].lower():
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if kind == 0 and len(name) > 2:
        return name[:at] + name[at + 1 :]
    letters = LETTERS["Ѐ" <= name[0] <= "ӿ"]
    letter = letters[int(place * 997) % len(letters)]
    letter = letter if letter != name[at].lower() else letters[(int(place * 997) + 1) % len(letters)]
    return name[:at] + letter + name[at + 1 :]


def birth_dates(days: Array, draw: np.random.Generator) -> Array:
    """Dates of birth as ISO text: some a day off, some the first of January."""
    n = len(days)
    off, first = draw.random(n) < DAY_OFF, draw.random(n) < FIRST_OF_JANUARY
    days = np.where(off, days + np.where(draw.random(n) < 0.5, 1, -1), days)
    year = days.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    out: Array = np.where(first, year, days).astype("datetime64[D]").astype(str).astype(object)
    return out


def streets(names: Array, script: str, draw: np.random.Generator) -> Array:
    """Streets as written down: shortened, without accents, in capitals."""
    shown = texts([latin(name) for name in names]) if script == "latin" else names
    shown = where_each(shown, draw.random(len(names)) < ABBREVIATED, shortened)
    shown = where_each(shown, draw.random(len(names)) < ACCENTS_LOST, plain)
    return where_each(shown, draw.random(len(names)) < 0.10, str.upper)


def shortened(street: str) -> str:
    """The street with its kind of way abbreviated."""
    for word, short in SHORT_STREETS:
        if word in street:
            return street.replace(word, short)
    return street


def postcodes(codes: Array, countries: Array, draw: np.random.Generator) -> Array:
    """Postcodes as written down: some missing, some otherwise."""
    chance, way = draw.random(len(codes)), draw.random(len(codes))
    out = codes.copy()
    out[chance < POSTCODE_MISSING] = None
    for i in np.flatnonzero((chance >= POSTCODE_MISSING) & (chance < POSTCODE_MISSING + POSTCODE_OTHERWISE)):
        out[i] = rewritten(out[i], countries[i], way[i])
    return out


def rewritten(code: str, country: str, way: float) -> str:
    """The same postcode in another spelling."""
    bare = re.sub(r"[ -]", "", code)
    if way < 0.4 and bare != code:
        return bare
    if way < 0.7 and code.lower() != code:
        return code.lower()
    if way < 0.85:
        return f"{bare[:2]} {bare[2:]}" if f"{bare[:2]} {bare[2:]}" != code else f" {bare}"
    return f"{country}-{code}"
