"""Names as they are compared: letters of any script, without case, accents and points.

Cyrillic and Greek are transliterated, since the same people write themselves in Latin letters too. Other
scripts have no rule that people follow, and stay as they are.
"""

import re
import unicodedata

from include.normalise.text import clusters, is_pointed, visible

# Letters that no decomposition takes to a plain one. Empty: signs that have no sound of their own.
_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфыэіїєґқңғүұһәө", "abvgdeziyklmnoprstufyeiiegknguuhao", strict=True)),
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"},
    **{"ё": "e", "ь": "", "ъ": "", "ў": "u", "ј": "j", "љ": "lj", "њ": "nj", "ђ": "dj", "ћ": "c", "џ": "dz"},
    **{"ѓ": "g", "ќ": "k", "ѕ": "dz", "җ": "zh", "ҳ": "kh", "ҷ": "ch", "ӏ": ""},
    **{"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "ħ": "h"},
    **{"ŋ": "n", "ŧ": "t", "ə": "a", "ĸ": "k", "ı": ""},
    **dict(zip("αβγδεζηικλμνξοπρσςτυωφ", "avgdeziiklmnxoprsstyof", strict=True)),
    **{"θ": "th", "χ": "ch", "ψ": "ps"},
}
# ELOT 743, on decomposed small letters. A mark on the first vowel, or a diaeresis, keeps two vowels apart.
_BREATH = "[\u0300\u0301\u0313\u0314\u0342\u0345]*"
_VOICED = "αεηιουωβγδζλμνρ"
_GREEK = (
    (re.compile(f"ου{_BREATH}(?!\u0308)"), "ou"),
    (re.compile(f"([αεη])υ{_BREATH}(?!\u0308)(?=[{_VOICED}])"), r"\1v"),
    (re.compile(f"([αεη])υ{_BREATH}(?!\u0308)"), r"\1f"),
    (re.compile("γ(?=[γξχ])"), "n"),
    (re.compile(r"\bμπ|μπ\b"), "b"),
)
# Modifier letters that stand for an apostrophe or a tone, and the Arabic stroke that only stretches a word.
_NO_LETTER = re.compile("[\u02b0-\u02ff\u0640\ua717-\ua71f]")
_MAX_PASSES = 5
# Letters of a name that are compared: time and memory of counting slips grow with the product of two lengths.
COMPARED = 100


def name_key(text: str) -> str | None:
    """The key of a name, letters only, in NFC; None if no letter is left: such a name is unknown.

    Of a name longer than any that people have, the first letters count (`COMPARED`).
    """
    text = text[: 4 * COMPARED]  # a ligature is several letters, a mark is none
    for _ in range(_MAX_PASSES):
        key = _key(text)
        if key == text:
            break
        text = key
    return text[:COMPARED] or None


def _key(text: str) -> str:
    spelled = unicodedata.normalize("NFD", visible(visible(text).lower()))
    for pattern, latin in _GREEK:
        spelled = pattern.sub(latin, spelled)
    letters = (_latin(c, marks) for c, marks in clusters(spelled) if not _NO_LETTER.match(c) and c.isalpha())
    return unicodedata.normalize("NFC", "".join(letters))


def _latin(letter: str, marks: str) -> str:
    """A letter with its marks: by rule, else without accents and points, else as it is."""
    whole = unicodedata.normalize("NFC", letter + marks)
    for form in (whole, unicodedata.normalize("NFC", letter + marks[:1]), letter):
        if form in _LETTERS:
            return _LETTERS[form]
    return letter if is_pointed(letter) else letter + marks
