"""Plain words: reasons, dates, counts and names as a marketer would say them."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

INITIALS = {"vip": "VIP", "crm": "CRM", "rfm": "RFM", "sms": "SMS", "email": "e-mail"}
REASONS = Path(__file__).with_name("reasons.yml")


@lru_cache(maxsize=1)
def reasons() -> dict[str, dict[str, str]]:
    """Reason code → its `short` and `means`; codes of rows and of decisions alike."""
    kinds = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    return {code: words for kind in kinds.values() for code, words in kind.items()}


def reason(code: str) -> str:
    """A reason in a few words; a code without words is shown readable, never hidden."""
    known = reasons().get(code)
    return known["short"] if known else plain(code).lower()


def meaning(code: str) -> str:
    """A reason in one sentence, empty if nobody wrote it."""
    known = reasons().get(code)
    return known["means"] if known else ""


def plain(name: str) -> str:
    """`lapsed_buyers` → `Lapsed buyers`, `vip_customers` → `VIP customers`."""
    text = " ".join(INITIALS.get(word, word) for word in name.replace("__", ": ").replace("_", " ").split())
    return first_upper(text)


def first_upper(text: str) -> str:
    """The text with its first letter, and only that, made large."""
    return text[:1].upper() + text[1:]


def day(value: str) -> str:
    """`2026-03-15` → `Sunday 15 March 2026`."""
    moment = date.fromisoformat(value)
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def number(value: float) -> str:
    """Thousands set apart, as in 12,345."""
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """`1 person`, `2 people`, `no people`."""
    noun = one if value == 1 else (many or f"{one}s")
    return f"{number(value) if value else 'no'} {noun}"


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def by_size(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts without the empty ones, largest first, then by name."""
    return sorted(((k, v) for k, v in counts.items() if v), key=lambda item: (-item[1], item[0]))


def added(counts: list[Mapping[str, int]]) -> dict[str, int]:
    """Several counts by reason as one, sorted by reason."""
    total: dict[str, int] = {}
    for each in counts:
        for code, n in each.items():
            total[code] = total.get(code, 0) + n
    return dict(sorted(total.items()))
