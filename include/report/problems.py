"""What is wrong with the data itself and a person can act on: counts, where to look, what to do."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml

from include.channels import load_channels
from include.lake.manifests import read_manifest
from include.report import words
from include.settings import Settings
from include.warehouse.published import list_marts, read_mart

WAITS = "waits_for_confirmation"
TEXTS = Path(__file__).with_name("problems.yml")


def problem_figures(
    settings: Settings, business_date: date, version: Path | None
) -> dict[str, dict[str, Any]]:
    """Every kind of problem by its code, in the order of weight: `count`, `by`, `where` and `what_to_do`.

    `by`: the same count by stream, reason or currency. What has no problem is there with a count of 0; what a
    version says is 0 where the date has none.
    """
    found = {**_landed(settings, business_date), **(_published(version, business_date) if version else {})}
    return {
        code: {
            "count": sum(found.get(code, {}).values()),
            "by": dict(sorted(found.get(code, {}).items())),
            "where": text["where"],
            "what_to_do": text["what_to_do"],
        }
        for code, text in texts().items()
    }


def sentences(summary: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each problem that there is, in words, with its figures."""
    for code, problem in summary.get("problems", {}).items():
        if problem["count"]:
            text = texts()[code]
            yield words.first_upper(words.count(problem["count"], text["one"], text["many"])), problem


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Code → `one`, `many`, `where` and `what_to_do`."""
    found: dict[str, dict[str, str]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    return found


def _landed(settings: Settings, business_date: date) -> dict[str, dict[str, int]]:
    """What the manifests of the date say, by stream."""
    future: dict[str, int] = {}
    late: dict[str, int] = {}
    for channel in load_channels().values():
        for name, stream in channel.streams.items():
            manifest = read_manifest(settings, channel.name, name, business_date) or {}
            future[stream.label] = sum(manifest.get("future", {}).values())
            late[stream.label] = manifest.get("within_lag", {}).get("late", 0)
    return {"future_events": _filled(future), "late_rows": _filled(late)}


def _published(version: Path, business_date: date) -> dict[str, dict[str, int]]:
    """What the marts of a version say; one from before a mart was kept says nothing of it."""
    there = list_marts(version)
    found: dict[str, dict[str, int]] = {}
    if "fct_address_changes" in there:
        _count_addresses(found, read_mart(version, "fct_address_changes").to_pylist(), business_date)
    if "rpt_unheard_refusals" in there:
        _count_refusals(found, read_mart(version, "rpt_unheard_refusals", ["status", "reason"]).to_pylist())
    if "rpt_implausible_records" in there:
        for row in read_mart(version, "rpt_implausible_records", ["channel", "stream"]).to_pylist():
            _add(found, "implausible_records", f"{row['channel']}/{row['stream']}", 1)
    if "rpt_unreadable_identifiers" in there:
        for row in read_mart(version, "rpt_unreadable_identifiers").to_pylist():
            kind = "unreadable_phones" if row["identifier_type"] == "phone" else "unreadable_addresses"
            _add(found, kind, f"{row['channel']}/{row['stream']}", row["count_records"])
    if "fct_orders" in there:
        for currency in _without_rate(version):
            _add(found, "orders_without_rate", currency or "none", 1)
    return found


def _count_addresses(
    found: dict[str, dict[str, int]], rows: list[dict[str, Any]], business_date: date
) -> None:
    """Tonight's changes of preferred addresses, made and waiting, by channel and what links them."""
    for row in rows:
        if row["business_date"] == business_date:
            kind = "waiting_addresses" if row["status"] == "waiting" else "changed_addresses"
            _add(found, kind, f"{row['channel']} {row['linked_by'] or ''}".rstrip(), 1)


def _count_refusals(found: dict[str, dict[str, int]], rows: list[dict[str, Any]]) -> None:
    for row in rows:
        kind = "unheard_withdrawals" if row["status"] == "withdrawn" else "unheard_erasures"
        if row["reason"] == WAITS:
            _add(found, "waiting_refusals", row["status"], 1)
        else:
            _add(found, kind, row["reason"], 1)


def _without_rate(version: Path) -> list[str | None]:
    """The currency of each order that has no amount in the company's currency."""
    try:
        orders: Any = read_mart(version, "fct_orders", ["currency", "company_amount"])
    except (KeyError, ValueError):  # published before orders were converted
        return []
    held_apart: list[str | None] = orders.filter(pc.is_null(orders["company_amount"]))["currency"].to_pylist()
    return held_apart


def _add(found: dict[str, dict[str, int]], code: str, by: str, count: int) -> None:
    counts = found.setdefault(code, {})
    counts[by] = counts.get(by, 0) + count


def _filled(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
