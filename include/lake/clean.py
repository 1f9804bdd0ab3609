"""Texts as they land: without the blanks and invisible marks around them, and null where nothing is left.

One rule for every text of every channel: padded ids (`char(8)`) are equal to unpadded ones, and a blank
is no value. dbt's base models use the same characters, for rows that landed before this rule.
"""

import sys
import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Marks that nobody sees: soft hyphen, zero width, direction, byte order, fillers. Tag characters are left
# out, for flags are written with them.
_MARKS = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\ufe0f\ufeff\uffa0" + "".join(
    chr(c)
    for low, high in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
    for c in range(low, high + 1)
)
_SPACES = "".join(
    c for c in map(chr, range(1, sys.maxunicode + 1)) if unicodedata.category(c) in {"Zs", "Zl", "Zp"}
)
_CONTROLS = "".join(chr(c) for c in (*range(1, 0x20), *range(0x7F, 0xA0)))
BLANKS = _CONTROLS + _SPACES + _MARKS


def is_blank(value: Any) -> bool:
    """Whether a value is a text of which nothing is left."""
    return isinstance(value, str) and not value.strip(BLANKS)


def clean(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Strings without `BLANKS` at either end; null where nothing is left."""
    trimmed = pc.utf8_trim(array, characters=BLANKS)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
