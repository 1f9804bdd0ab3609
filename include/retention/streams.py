"""What rests on a stream, by the staging models that read it: whether it may be cut by date."""

import re
from pathlib import Path

from include.warehouse.shapes import PROJECT, SHAPES

# Of these the newest row of a key counts, however old it is, or every row does.
STATE = frozenset({"consents", "preferences", "memberships"})
# Of these each row is something that happened.
EVENTS = frozenset({"orders", "order_lines", "interactions", "returns", "carts", "message_events"})
_BASE = re.compile(r"'base_([a-z0-9_]+)'")


def shapes_by_stream(project: Path = PROJECT) -> dict[str, frozenset[str]]:
    """`channel/stream` → the canonical shapes that are made from it."""
    found: dict[str, set[str]] = {}
    for shape in SHAPES:
        for file in sorted(project.glob(f"models/staging/*/stg_*__{shape}.sql")):
            channel = file.parent.name
            for base in _BASE.findall(file.read_text(encoding="utf-8")):
                found.setdefault(f"{channel}/{base.removeprefix(f'{channel}__')}", set()).add(shape)
    return {label: frozenset(shapes) for label, shapes in found.items()}


def for_ever(shapes: frozenset[str]) -> str:
    """Why a stream of these shapes cannot be cut by date; empty where it can."""
    if state := sorted(shapes & STATE):
        return (
            f"{', '.join(state)} are made from it: the row that still counts may be the oldest, so all stay"
        )
    if not shapes & EVENTS:
        return (
            "it gives the current state of a record, which may lie in the oldest row, so all stay"
            if shapes
            else "no staging model reads it directly, so nobody knows what rests on it, and all stays"
        )
    return ""
