"""When and how landings ran: the part that differs between equal runs, kept out of the lake."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from include import durable
from include.errors import RetryLater
from include.lake.points import point
from include.settings import Settings

CHECKS = ".checks.json"


def folder(settings: Settings, business_date: date) -> Path:
    """Run logs and check results of one business date."""
    return settings.var / "runlog" / business_date.isoformat()


def note(settings: Settings, business_date: date, label: str, event: dict[str, Any]) -> None:
    """Append one event of `channel/stream` to its log of that date, with the wall time."""
    file = folder(settings, business_date) / f"{label.replace('/', '.')}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    point("before_runlog", label.partition("/")[2])
    with file.open("a") as log:
        log.write(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **event}) + "\n")
    point("after_runlog", label.partition("/")[2])


def events(settings: Settings, business_date: date, beginning: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every event that was noted under a label `<beginning>/…` on that date, with its label, in order."""
    for file in sorted(folder(settings, business_date).glob(f"{beginning}.*.jsonl")):
        for line in file.read_text().splitlines():
            yield file.stem.replace(".", "/"), json.loads(line)


def keep_checks(settings: Settings, business_date: date, label: str, checks: list[dict[str, Any]]) -> None:
    """Keep what the gate said of `channel/stream` on that date, in place of what it said before."""
    file = folder(settings, business_date) / f"{label.replace('/', '.')}{CHECKS}"
    durable.write_text(file, json.dumps(checks, indent=1))


def read_checks(settings: Settings, business_date: date) -> dict[str, list[dict[str, Any]]]:
    """Results of the date's landings by `channel/stream`, landed or not, as they were kept."""
    return {
        file.name.removesuffix(CHECKS).replace(".", "/"): json.loads(file.read_text())
        for file in sorted(folder(settings, business_date).glob(f"*{CHECKS}"))
    }


@contextmanager
def alone(settings: Settings, label: str) -> Iterator[None]:
    """Hold `channel/stream` for this process; the lock dies with it.

    Raises:
        RetryLater: another process is landing the stream.
    """
    file = settings.var / "locks" / f"landing.{label.replace('/', '.')}"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RetryLater(f"{label} is being landed by another process", retry_after=30) from None
        yield
