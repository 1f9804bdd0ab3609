"""What is common to all values that people type: signs nobody sees, compatibility forms, blanks, accents."""

import re
import unicodedata

# Shown as nothing, though not of category Cf: Unicode's default-ignorable code points, an empty Braille cell.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
# In these scripts a mark is an accent or a point, which people leave out; elsewhere it is a vowel or a sound.
_POINTED = re.compile(r"(LATIN|GREEK|CYRILLIC|ARABIC|HEBREW|COPTIC|SYRIAC)\b")

# Characters of a value that are read: what is longer is no address, number or name of a country, and the time
# to search it would grow faster than its length.
READ = 1024


def visible(text: str) -> str:
    """NFKC, without format marks (soft hyphens, zero-width and direction marks, byte-order marks).

    Controls that are no blanks go too; blanks stay, of whatever kind.
    """
    seen = unicodedata.normalize("NFKC", _seen(unicodedata.normalize("NFKC", text)))
    return seen if seen == text else visible(seen)


def without_blanks(text: str) -> str:
    """Without any blank: Unicode's spaces and separators, tabs, line ends."""
    return "".join(c for c in text if not (c.isspace() or unicodedata.category(c)[0] == "Z"))


def clusters(text: str) -> list[tuple[str, str]]:
    """Letters and digits with the marks that follow each, canonically decomposed; nothing else is kept."""
    found: list[tuple[str, str]] = []
    is_open = False
    for character in unicodedata.normalize("NFD", text):
        category = unicodedata.category(character)
        if category[0] == "M" and is_open:
            found[-1] = (found[-1][0], found[-1][1] + character)
        elif category[0] != "M":
            is_open = category[0] == "L" or category == "Nd"
            found += [(character, "")] if is_open else []
    return found


def is_pointed(letter: str) -> bool:
    """Whether marks on this letter are accents or points, which a comparison leaves out."""
    return _POINTED.match(unicodedata.name(letter, "")) is not None


def _seen(text: str) -> str:
    kept = (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
    return _UNSEEN.sub("", "".join(kept))
