"""JSON as it lands: one text for equal content, and never what is no JSON."""

import json
import math
from typing import Any

from include.lake.reasons import Bad, Reason, Unreadable


def from_cell(cell: str | None) -> Any:
    """What a text cell holds; None of a blank one.

    Raises:
        ValueError: it is no JSON, or names a key twice (`Bad`).
    """
    return json.loads(cell, object_pairs_hook=_distinct) if cell and cell.strip() else None


def to_json(value: Any) -> str:
    """Compact JSON with sorted keys, so that equal content is equal text; decimals as strings.

    Raises:
        ValueError: a part of it could not be read (`Bad`).
    """
    try:
        return _dump(value)
    except ValueError:
        return _dump(_finite(value))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Bad(Reason.DOUBLED_KEY)
    return found


def _dump(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False
    )


def _plain(value: Any) -> str:
    if isinstance(value, Unreadable):
        raise Bad(value.reason)
    return str(value)


def _finite(value: Any) -> Any:
    """NaN and infinity, which JSON has no numbers for, as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list) else value
