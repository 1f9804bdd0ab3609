"""JSON as the readers take it: exact numbers, and no object of which one value would win silently."""

import json
from contextlib import suppress
from decimal import Decimal, DecimalException
from itertools import islice
from typing import Any, NoReturn

from include.channels import Stream, find_stream
from include.errors import FixDeclaration
from include.lake.reasons import Reason, Unreadable

MOST_FIELDS = 2_000  # of one row; each field that nobody declared would be a name to keep
DEEPEST = 100  # levels of one value
LONGEST_KEPT = 64 * 1024  # characters of a row that is refused for its size
_HOLDS_MORE = frozenset({dict, list, Unreadable})


class TooLarge(ValueError):
    """Valid JSON with a value that cannot be held: nested too deeply, or a number with too many digits."""


def parse(text: str | bytes) -> Any:
    """The value of a JSON text; numbers with a point come as Decimal.

    An object that names a key twice comes as `Unreadable`, wherever it lies: which value is meant, it
    does not say. Bytes may be UTF-8, UTF-16 or UTF-32.

    Raises:
        ValueError: it is no JSON, or has a value that cannot be held (`TooLarge`).
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except (DecimalException, RecursionError, ValueError) as error:  # ValueError: int of too many digits
        raise TooLarge(f"it cannot be held: {type(error).__name__}") from error


def as_row(value: Any, stream: Stream, raw: str | None = None) -> Any:
    """What `parse` gave for one row of `stream`, as a reader hands it on.

    A row of more than `MOST_FIELDS` is `Unreadable`, with its beginning. An unreadable part, or one of more
    than `DEEPEST` levels, makes the whole row `Unreadable`; its text is `raw`, or else is written from its
    values. In a list of nested rows it makes only the nested row that it lies in `Unreadable`.
    """
    if not isinstance(value, dict):
        return value
    if len(value) > MOST_FIELDS:
        first = dict(islice(value.items(), MOST_FIELDS)) if raw is None else {}
        return Unreadable(Reason.TOO_LARGE, (_text(first) if raw is None else raw)[:LONGEST_KEPT])
    odd = [name for name, part in value.items() if type(part) in _HOLDS_MORE and _oddity(part)]
    if not odd:
        return value
    if all(_is_list_of_rows(stream, name, value[name]) for name in odd):
        return {**value, **{name: [_whole(line) for line in value[name]] for name in odd}}
    return _whole(value) if raw is None else Unreadable(_oddity(value) or Reason.NOT_JSON, raw)


def _whole(value: Any) -> Any:
    reason = _oddity(value)
    if reason is None or isinstance(value, Unreadable):
        return value
    return Unreadable(reason, _text(value))


def _oddity(value: Any) -> Reason | None:
    """The reason of an unreadable part at any depth, or of the depth itself: what is done with a row later
    may recurse."""
    level = [value]
    for _ in range(DEEPEST):
        following: list[Any] = []
        for part in level:
            if isinstance(part, Unreadable):
                return part.reason
            if isinstance(part, dict):
                following.extend(part.values())
            elif isinstance(part, list):
                following.extend(part)
        if not following:
            return None
        level = following
    return Reason.TOO_LARGE


def _is_list_of_rows(stream: Stream, name: str, value: Any) -> bool:
    """Whether the elements are rows of a stream nested in this one; in an unknown stream any list may be."""
    if not isinstance(value, list) or name in stream.columns:
        return False
    with suppress(FixDeclaration):
        channel, _ = find_stream(stream.channel, stream.name)
        children = channel.nested_in(stream.name)
        return any(child.nested is not None and child.nested.field == name for child in children)
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Unreadable:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Unreadable(Reason.DOUBLED_KEY, _object_text(pairs))


def _object_text(pairs: list[tuple[str, Any]]) -> str:
    return "{" + ", ".join(f"{_text(name)}: {_text(value)}" for name, value in pairs) + "}"


class _Written(str):
    """A piece of JSON, where a plain `str` is a value still to be written."""


def _text(value: Any) -> str:
    """The JSON that a value was read from, but for blanks and escapes; at any depth."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _Written):
            found.append(part)
        elif isinstance(part, Unreadable):
            found.append(part.raw)
        elif isinstance(part, dict | list):
            waiting += reversed(_pieces(part))
        else:
            is_number = isinstance(part, Decimal)
            found.append(str(part) if is_number else json.dumps(part, ensure_ascii=False, default=str))
    return "".join(found)


def _pieces(value: dict[str, Any] | list[Any]) -> list[Any]:
    """A list or an object with its punctuation, the parts still to be written."""
    opened, closed = ("{", "}") if isinstance(value, dict) else ("[", "]")
    pieces: list[Any] = [_Written(opened)]
    for number, item in enumerate(value):
        pieces.append(_Written(", " if number else ""))
        pieces += [item, _Written(": "), value[item]] if isinstance(value, dict) else [item]
    return [*pieces, _Written(closed)]


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON number", name, 0)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object)
