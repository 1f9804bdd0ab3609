"""The mark an audit leaves: what was audited is what may be published, and nothing else."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from include.errors import CheckFailed
from include.settings import Settings


def audit_path(settings: Settings, business_date: date) -> Path:
    """Where the audit of a date keeps its results."""
    return settings.warehouse / "results" / str(business_date) / "audit.json"


def mark_of(candidate: Path) -> dict[str, int]:
    """What tells this state of the candidate file from any other."""
    stat = candidate.stat()
    return {"size": stat.st_size, "modified_ns": stat.st_mtime_ns}


def require_audit(settings: Settings, business_date: date, candidate: Path) -> None:
    """Refuse a candidate that no audit of this date has passed as it is now.

    Raises:
        CheckFailed: saying what is missing and what to run.
    """
    path = audit_path(settings, business_date)
    if not candidate.exists():
        raise CheckFailed(
            f"there is no candidate: build {business_date} first (clear open_candidate with downstream)"
        )
    if not path.exists():
        raise CheckFailed(f"the candidate was never audited for {business_date}: run the audit first")
    audit: dict[str, Any] = json.loads(path.read_text())
    if not audit["has_passed"]:
        raise CheckFailed(f"the audit of {business_date} failed: mend what {path} names, then rebuild")
    if audit["candidate"] != mark_of(candidate):
        raise CheckFailed(f"the candidate changed since it was audited for {business_date}: audit it again")
