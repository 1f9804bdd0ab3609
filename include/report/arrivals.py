"""What came in: rows per stream from the landed manifests, and which channels are behind."""

from datetime import date
from pathlib import Path
from typing import Any

from include.channels import load_channels
from include.lake.manifests import last_landed, read_manifest
from include.settings import Settings
from include.warehouse.published import read_mart


def channel_figures(settings: Settings, business_date: date) -> dict[str, dict[str, Any]]:
    """Channel → stream → rows by fate. A stream that did not land is absent, never zero."""
    return {
        channel.name: {
            stream: _figures(manifest)
            for stream in channel.streams
            if (manifest := read_manifest(settings, channel.name, stream, business_date))
        }
        for channel in load_channels().values()
    }


def _figures(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "rows_in": manifest["rows_in"],
        "loaded": manifest["loaded"],
        "duplicate": manifest["duplicate"],
        "quarantined": dict(sorted(manifest["reasons"].items())),
        "new_columns": list(manifest["new_columns"]),
    }


def stale_channels(settings: Settings, business_date: date, version: Path | None) -> list[dict[str, Any]]:
    """Channels behind the date, with their age in days (none: never landed), as the build saw them.

    Where the date has no version, the lake tells.
    """
    ages = _ages_built(version) if version else _ages_landed(settings, business_date)
    return [{"channel": channel, "days": ages[channel]} for channel in sorted(ages) if ages[channel] != 0]


def _ages_built(version: Path) -> dict[str, int | None]:
    rows = read_mart(version, "rpt_channel_freshness", ["channel", "days_stale"]).to_pylist()
    return {row["channel"]: row["days_stale"] for row in rows}


def _ages_landed(settings: Settings, business_date: date) -> dict[str, int | None]:
    ages: dict[str, int | None] = {}
    for channel in load_channels():
        last = last_landed(settings, channel, business_date)
        ages[channel] = (business_date - last).days if last else None
    return ages
