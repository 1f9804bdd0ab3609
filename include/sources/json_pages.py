"""A page of rows of which one cannot be held: it spoils itself, not the page.

Who sends a shop a value a thousand levels deep, or a number of ten thousand digits, has it in each answer
from then on: JSON that is valid and that nobody's parser must take. Only then are the rows parsed one by one.
"""

import json
import re
from collections.abc import Iterator

from include.lake.reasons import Reason, Unreadable
from include.sources.json_rows import LONGEST_KEPT, TooLarge, parse

ROWS = "data"
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)


def parse_page(text: bytes) -> object:
    """The page that `text` holds, as `parse` gives it; a row that `parse` does not take is `Unreadable`.

    Raises:
        ValueError: it is no JSON object with a list of rows under `ROWS`, or not whole.
    """
    whole = text.decode(json.detect_encoding(text), "surrogatepass")
    rows, rest, end = [], [], 0
    for begin, after in _rows(whole):
        rows.append(_row(whole[begin:after]))
        rest += [whole[end:begin], "0"]
        end = after
    page = parse("".join([*rest, whole[end:]]))
    if not isinstance(page, dict) or page.get(ROWS) != [0] * len(rows) or not rows:
        raise ValueError("it is no page of rows")
    return {**page, ROWS: rows}


def _row(text: str) -> object:
    try:
        return parse(text)
    except TooLarge:
        return Unreadable(Reason.TOO_LARGE, text[:LONGEST_KEPT])
    except ValueError:
        return Unreadable(Reason.NOT_JSON, text[:LONGEST_KEPT])


def _rows(text: str) -> Iterator[tuple[int, int]]:
    """Where each object of the list under `ROWS` begins and ends."""
    depth, begin, is_list, named = 0, 0, False, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            is_list = is_list or (depth == 1 and mark == "[" and named == f'"{ROWS}"')
            if depth == 2 and is_list and mark == "{":
                begin = token.start()
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == 2 and is_list and mark == "}":
                yield begin, token.end()
            elif depth == 1:
                is_list = False
        elif depth == 1:
            named = mark
