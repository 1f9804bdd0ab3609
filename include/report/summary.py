"""Collect a night's figures from the lake, the published version, the audit and the ledger."""

from datetime import date
from pathlib import Path
from typing import Any

from include.destinations import load_destinations
from include.ledger.engine import open_ledger
from include.report import arrivals, messages, people
from include.report.checks import check_figures
from include.report.deliveries import sync_figures
from include.report.figures import Figures, nothing, total
from include.report.problems import problem_figures
from include.retention.prune import pruned
from include.settings import Settings
from include.warehouse import published
from include.warehouse.shapes import absent_shapes


def collect(settings: Settings, business_date: date) -> dict[str, Any]:
    """Figures of one business date, in the shape of `summary.json`; `seconds` is left empty.

    Written again for an equal night, they are equal. `version` is null where the date has none;
    what rests on a version is then empty, while what came in and what the checks said is there.
    `absent`: canonical shapes that no channel gives. `pruned`: what had expired and was taken away, by kind.
    """
    version = published.version_for(settings, business_date)
    previous = published.previous(settings, business_date)
    return {
        "date": business_date.isoformat(),
        "version": version.name if version else None,
        "previous_version": previous.name if previous else None,
        "channels": arrivals.channel_figures(settings, business_date),
        "absent": list(absent_shapes()),
        "stale": arrivals.stale_channels(settings, business_date, version),
        "customers": people.customer_figures(version, business_date),
        "audiences": people.audience_figures(version, previous),
        **_departures(settings, business_date, version),
        "problems": problem_figures(settings, business_date, version),
        "checks": check_figures(settings, business_date),
        "pruned": pruned(settings, business_date),
        "seconds": {},
    }


def _departures(settings: Settings, business_date: date, version: Path | None) -> dict[str, Any]:
    """What left and what was held back, by destination, sync and journey step."""
    ledger = open_ledger(settings)
    try:
        asked, dealt = messages.decisions(version), messages.fates(ledger, business_date)
        syncs = sync_figures(ledger, business_date)
        settled = messages.settled(ledger, business_date)
    finally:
        ledger.dispose()
    return {
        "destinations": _destinations(syncs, dict(messages.channel_figures(asked, dealt))),
        "syncs": syncs,
        "messages": messages.step_figures(asked, dealt),
        "settled": settled,
    }


def _destinations(syncs: dict[str, Figures], channels: dict[str, Figures]) -> dict[str, Figures]:
    figures = {}
    for name, destination in load_destinations().items():
        if destination.carries == "audiences":
            figures[name] = total(sync for sync in syncs.values() if sync["destination"] == name)
        else:
            figures[name] = channels.get(destination.channel or "", nothing())
    return figures
