"""A name as it may stand in a message to its bearer: like a name, and never a message of somebody else's.

What people type into a form's name field is printed in a mail that the company sends, so a stranger must not
be able to write there: `You won! visit evil.example`. Letters of any script with their marks, a few words,
and the signs that names have; no digits, no address, no sentence. Who is called otherwise is greeted without
a name.
"""

import re
import unicodedata

WORDS = 4
LENGTH = 40  # characters, marks among them
_MARKS = 4  # on one letter: Thai and Vietnamese have three
_SHORT = 3  # letters before a full stop: `J.`, `Jr.`, `Mª.`
# Within a word: apostrophes of several scripts, the dots of Gal·la and of katakana, and the joiners that
# Persian and Indic spellings need, which show nothing.
_INNER = "'\u2019\u02bc\u2018`\u00b4\u00b7\u30fb\uff65\u05f4\u05f3\u055a\u200c\u200d"
# Letters that look like the dots and colons of an address: of Lisu, of Cree, and two signs of phonetics.
_LOOK_LIKE_DOTS = "\ua4f8\ua4f9\ua4fa\ua4fb\ua4fc\ua4fd\u1427\ua78f\u02d0\u02d1"
_HYPHENS = "-\u2010\u2011\u058a\u05be\u30a0"
_LETTER = re.compile(f"LM{{0,{_MARKS}}}")
_PART = re.compile(r"'?L(?:L|'L)*'?(?P<stop>\.)?")


def greeting_name(name: str | None) -> str | None:
    """The name with single blanks, or None where it is not fit to be printed."""
    said = " ".join(unicodedata.normalize("NFC", name or "").split())
    words = said.split(" ")
    is_short = 0 < len(said) <= LENGTH and len(words) <= WORDS
    return said if is_short and all(_is_word(word) for word in words) else None


def _is_word(word: str) -> bool:
    """Parts joined by hyphens, each of letters; a full stop ends a short one."""
    return all(_is_part(part) for part in re.split(f"[{_HYPHENS}]", word))


def _is_part(part: str) -> bool:
    shape = _LETTER.sub("L", "".join(_kind(character) for character in part))
    found = _PART.fullmatch(shape)
    return found is not None and (found["stop"] is None or shape.count("L") <= _SHORT)


def _kind(character: str) -> str:
    """L letter, M mark, ' a sign within words, . full stop, x whatever names do not have."""
    if character in _INNER:
        return "'"
    kind = "x" if character in _LOOK_LIKE_DOTS else unicodedata.category(character)[0]
    return kind if kind in "LM" else "." if character == "." else "x"
