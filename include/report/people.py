"""Who is known and who is in which audience, against the newest version of an earlier date."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from include.warehouse.listed import audience_names
from include.warehouse.published import read_mart

CHANGES = {"new": "customer_id", "merged": "previous_customer_id", "split": "customer_id"}
"""Change of identity → the column that names the customers it is counted by."""


def customer_figures(version: Path | None, business_date: date) -> dict[str, int]:
    """Customers in all, those known by more than a browser, and how many are new, merged or split."""
    if version is None:
        return {}
    changes = read_mart(version, "fct_identity_changes").to_pylist()
    tonight = [row for row in changes if row["business_date"] == business_date]
    counts = {
        change: len({row[whom] for row in tonight if row["change"] == change})
        for change, whom in CHANGES.items()
    }
    is_known = read_mart(version, "dim_customers", ["is_known"])["is_known"].to_pylist()
    return {"total": len(is_known), "known": sum(is_known), **counts}


def audience_figures(version: Path | None, previous: Path | None) -> dict[str, dict[str, int]]:
    """Audience → its size, who entered and who left. An empty audience is there with a size of 0."""
    if version is None:
        return {}
    now, before = _members(version), _members(previous) if previous else {}
    return {
        name: {
            "size": len(now.get(name, set())),
            "entered": len(now.get(name, set()) - before.get(name, set())),
            "left": len(before.get(name, set()) - now.get(name, set())),
        }
        for name in sorted({*audience_names(), *now, *before})
    }


def _members(version: Path) -> Mapping[str, set[str]]:
    table = read_mart(version, "fct_audience_membership", ["audience", "customer_id"])
    members: dict[str, set[str]] = {}
    for audience, customer in zip(*(column.to_pylist() for column in table.columns), strict=True):
        members.setdefault(audience, set()).add(customer)
    return members
