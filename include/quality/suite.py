"""A suite of the candidate: a query and what is expected of its rows, and the suite of sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True)
class Suite:
    """What is asked of one model. `title` names it in findings."""

    model: str
    title: str
    query: str
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Before:
    """The version before: rows by mart (none on the first night), and whether it had the same channels.

    `landed`: rows that have landed since, for marts that anybody's sign-up, visit or guest order changes.
    """

    rows: Mapping[str, int]
    has_same_channels: bool = True
    landed: Mapping[str, int] = field(default_factory=dict)


def between(column: str, low: float | None, high: float | None, severity: str = "critical") -> Expectation:
    """Every value of the column lies from `low` to `high`, both included."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, severity=severity)


def compared(model: str, rows: int, before: Before) -> Suite:
    """Customers and orders come and go slowly: a jump is a broken source or a broken rule.

    On the night after a channel was added or removed it is what was meant, and a warning. So it is where as
    many rows landed: nobody stops a night by signing up, visiting, or ordering as a guest, often.
    """
    severity = "critical" if before.has_same_channels else "warning"
    landed = before.landed.get(model, 0)
    least, most = min(0.8, (rows - landed) / rows), max(2.0, (rows + landed) / rows)
    return Suite(
        model,
        "size against the version before",
        f"select count(*) / {rows}.0 as ratio from {model}",
        (between("ratio", least, most, severity), between("ratio", 0.95, 1.2, severity="warning")),
    )
