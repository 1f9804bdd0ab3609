"""What no channel gives, and what is therefore empty: said each night, so that nobody looks for a fault."""

from collections.abc import Mapping
from typing import Any

CONSEQUENCES = {
    "records": "nothing says what a customer is called, or where they live",
    "identifiers": "there are no customers, and nobody can be reached",
    "orders": "order marts and the audiences that rest on them are empty",
    "order_lines": "what was bought is not known, nor is a favourite category",
    "interactions": "visits, opens and clicks are not known",
    "consents": "nobody has agreed to anything, so nothing that needs consent is sent",
    "preferences": "what customers prefer is not known",
    "memberships": "loyalty tiers and points are not known",
    "returns": "returns are in no figure",
    "carts": "the audience of abandoned carts is empty",
    "message_events": "what became of messages is not known",
}
FOLLOWS = {"order_lines": "orders"}
"""A shape that is not missed where another one is absent too."""


def sentences(summary: Mapping[str, Any]) -> list[str]:
    """One sentence for each canonical shape in the summary's `absent`, in its order."""
    absent = summary.get("absent", ())
    return [
        f"No channel gives {shape.replace('_', ' ')}: {CONSEQUENCES[shape]}."
        for shape in absent
        if FOLLOWS.get(shape) not in absent
    ]
