"""The nightly report as one self-contained page: no script, no asset from elsewhere, nobody named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.report import problems, words
from include.report.catalogue import Catalogue, load_catalogue
from include.report.headlines import headlines

TEMPLATE = "page.html.j2"
Summary = Mapping[str, Any]


def render(summary: Summary, catalogue: Catalogue | None = None) -> str:
    """HTML of one night. Every value is escaped; the template holds all markup."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plain=words.plain, number=words.number, day=words.day, reason=words.reason, meaning=words.meaning
    )
    environment.globals.update(count=words.count, by_size=words.by_size, listed=words.listed)
    said = catalogue or load_catalogue()
    return environment.get_template(TEMPLATE).render(
        s=summary,
        said=said,
        headlines=headlines(summary),
        held=_held_back(summary),
        problems=list(problems.sentences(summary)),
        arrivals=_arrivals(summary),
        largest=max((a["size"] for a in summary["audiences"].values()), default=0),
        glossary=_glossary(summary),
    )


def _held_back(summary: Summary) -> list[tuple[str, int]]:
    """People not written to by reason, over all journeys, largest first."""
    steps = [step for steps in summary["messages"].values() for step in steps.values()]
    return words.by_size(words.added([step["held_back"] for step in steps]))


def _arrivals(summary: Summary) -> list[dict[str, Any]]:
    """One row a channel: sums over its streams, its refusals by reason, how late it is."""
    late = {entry["channel"]: entry["days"] for entry in summary["stale"]}
    rows = []
    for channel in sorted({*summary["channels"], *late}):
        streams = summary["channels"].get(channel, {})
        rows.append(
            {
                "channel": channel,
                "streams": streams,
                "is_late": channel in late,
                "days": late.get(channel),
                "quarantined": words.added([n["quarantined"] for n in streams.values()]),
                **{k: sum(n[k] for n in streams.values()) for k in ("rows_in", "loaded", "duplicate")},
            }
        )
    return rows


def _glossary(summary: Summary) -> list[str]:
    """Codes of every reason this night used, in the order of the alphabet."""
    used = {code for code, _ in _held_back(summary)}
    for counts in [d["held_back"] for d in summary["destinations"].values()]:
        used.update(counts)
    for row in _arrivals(summary):
        used.update(row["quarantined"])
    return sorted(code for code in used if words.meaning(code))
