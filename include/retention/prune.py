"""Take away what has expired, kind by kind, and write down how much that was."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from include.lake import runlog
from include.ledger.pruning import prune_details
from include.retention import folders
from include.retention.declaration import Retention, load_retention
from include.retention.lake import prune_quarantine, prune_stream
from include.settings import Settings

Counts = dict[str, int]
LABEL = "prune"


def prune(
    settings: Settings,
    kind: str,
    business_date: date,
    dry_run: bool = False,
    declared: Retention | None = None,
) -> Counts:
    """Take away what of one kind had expired on a business date; what, and how many of it.

    After a crash it goes on. A dry run only counts. `declared`: `include/retention.yml`, unless given.

    Raises:
        FixDeclaration: the declaration is wrong.
        RetryLater: a stream is being landed.
        FixConnection: the ledger cannot be opened.
    """
    declared = declared or load_retention()
    if kind not in declared.kinds:
        return {}
    counts: Counter[str] = Counter()
    for part in _parts(settings, declared, kind):
        found = {name: count for name, count in part(business_date, dry_run).items() if count}
        counts.update(found)
        if found and not dry_run:
            runlog.note(settings, business_date, f"{LABEL}/{kind}", {"event": "pruned", "counts": found})
    return dict(sorted(counts.items()))


def pruned(settings: Settings, business_date: date) -> dict[str, Counts]:
    """What the runs of a date have taken away: kind → what → how many. Kinds without any are left out."""
    counts: dict[str, Counter[str]] = {}
    for label, event in runlog.events(settings, business_date, LABEL):
        counts.setdefault(label.removeprefix(f"{LABEL}/"), Counter()).update(event["counts"])
    return {kind: dict(sorted(found.items())) for kind, of in sorted(counts.items()) if (found := +of)}


def _parts(settings: Settings, declared: Retention, kind: str) -> list[Callable[[date, bool], Counts]]:
    """The work of one kind in parts, each of which is written down when it is done."""
    if kind == "lake":
        return [partial(prune_stream, settings, label, of) for label, of in declared.lake.items()]
    return [partial(_prune, settings, kind, getattr(declared, kind))]


def _prune(settings: Settings, kind: str, days: int, day: date, dry_run: bool) -> Counts:
    before = day - timedelta(days=days)
    if kind == "quarantine":
        return prune_quarantine(settings, days, day, dry_run)
    if kind == "ledger_details":
        return prune_details(settings, before, dry_run)
    if kind == "task_logs":
        return {"runs": folders.prune_run_logs(_task_logs(settings), before, settings.zone, dry_run)}
    return {"days": folders.prune_dated(_dated(settings)[kind], before, dry_run)}


def _dated(settings: Settings) -> dict[str, Path]:
    return {
        "run_log": runlog.folder(settings, date.min).parent,
        "check_results": settings.warehouse / "results",
        "reports": settings.reports,
    }


def _task_logs(settings: Settings) -> Path:
    return settings.var / "logs" / "airflow"
