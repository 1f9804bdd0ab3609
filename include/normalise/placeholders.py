"""Values that systems write for nobody, in one form: that of the seed placeholders.csv."""

import re
import unicodedata

from include.normalise.text import visible

_SIGNS = "+<>=|`^~$"  # with punctuation and blanks, what stands around a value and is no part of it
_NUMBERED = re.compile("[2-8]")
_FILLERS = re.compile(r"0*|9{6,}|f{8,}")  # what is typed or generated where there is no number


def placeholder_key(text: str) -> str:
    """The value as the seed has it: small letters, no brackets, quotes or signs around, no word twice.

    Empty where nothing is left that could name anybody: zeros, nines alone, punctuation. A minus before a
    digit stays, and so does a backslash (`\\N`).
    """
    if _NUMBERED.search(text):
        return text.lower()  # most ids: nothing that is written for nobody has such a digit in it
    plain = re.sub(r"[\s_]+", " ", visible(text)).strip().lower()
    if _FILLERS.fullmatch("".join(_figures(plain))):
        return ""
    key = re.sub(r"\s*/\s*", "/", _stripped(plain))
    words = key.split(" ")
    return words[0] if len(set(words)) == 1 else key


def _figures(plain: str) -> list[str]:
    """Letters and digits of a text; signs that are no punctuation, such as a star, are kept too."""
    kept = (c for c in plain if unicodedata.category(c)[0] not in "PZ" and c not in _SIGNS)
    return [str(unicodedata.digit(c, c)) for c in kept]


def _stripped(plain: str) -> str:
    begin, end = 0, len(plain)
    while begin < end and _is_around(plain[begin]) and not re.match(r"-\d", plain[begin:]):
        begin += 1
    while end > begin and _is_around(plain[end - 1]):
        end -= 1
    return plain[begin:end]


def _is_around(character: str) -> bool:
    is_sign = unicodedata.category(character)[0] in "PZ" or character in _SIGNS
    return is_sign and character != "\\"
