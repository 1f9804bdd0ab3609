"""What the night's checks said: every layer's tests and the audit of the candidate, by severity.

Only names and counts of rows are read: a check's own detail may hold values.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from include.settings import Settings

SEVERITIES = {"pass": "passed", "success": "passed", "warn": "warning", "fail": "failed", "error": "failed"}


def check_figures(settings: Settings, business_date: date) -> dict[str, Any]:
    """Counts of passed, warnings and failed, and a finding for each that did not pass."""
    passed, findings = 0, []
    for finding in _read(settings, business_date):
        if finding["severity"] == "passed":
            passed += 1
        elif finding not in findings:
            findings.append(finding)
    findings.sort(key=lambda f: (f["severity"], f["check"]))
    return {
        "passed": passed,
        "warnings": sum(f["severity"] == "warning" for f in findings),
        "failed": sum(f["severity"] == "failed" for f in findings),
        "findings": findings,
    }


def _read(settings: Settings, business_date: date) -> Iterator[dict[str, Any]]:
    folder = settings.warehouse / "results" / business_date.isoformat()
    for path in sorted(folder.glob("*.json")):
        for check in json.loads(path.read_text(encoding="utf-8")).get("checks", []):
            yield {
                "check": str(check["name"]),
                "severity": SEVERITIES.get(str(check["status"]), "failed"),
                "failures": int(check.get("failures") or 0),
            }
