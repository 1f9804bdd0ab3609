"""What the night's checks said: of landed data, of every layer, of the candidate; by severity.

Only names and counts of rows are read: what broke a check stays in the warehouse.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from include.lake import runlog
from include.settings import Settings
from include.warehouse.audited import audit_path
from include.warehouse.layers import LAYERS, read_layer

SEVERITIES = {
    "pass": "passed",
    "warn": "warning",
    "fail": "failed",
    "error": "failed",
    "runtime error": "failed",
}


def check_figures(settings: Settings, business_date: date) -> dict[str, Any]:
    """Counts of passed, warnings and failed, and a finding for each that did not pass."""
    checks = [
        *_landing_checks(settings, business_date),
        *_layer_checks(settings, business_date),
        *_audit_checks(settings, business_date),
    ]
    findings = [check for check in checks if check["severity"] != "passed"]
    severities = [check["severity"] for check in checks]
    return {
        "passed": severities.count("passed"),
        "warnings": severities.count("warning"),
        "failed": severities.count("failed"),
        "findings": sorted(findings, key=lambda f: (f["severity"], f["check"])),
    }


def _landing_checks(settings: Settings, business_date: date) -> Iterator[dict[str, Any]]:
    """Results that the gate left of each stream, landed or not."""
    for stream, checks in runlog.read_checks(settings, business_date).items():
        for check in checks:
            expected = check["expectation"].removeprefix("expect_").replace("_", " ")
            severity = "failed" if check["severity"] == "critical" else "warning"
            name = f"{stream}: {check['column']} {expected}".replace(":  ", ": ")
            yield _check(name, "passed" if check["passed"] else severity, check["failed"])


def _layer_checks(settings: Settings, business_date: date) -> Iterator[dict[str, Any]]:
    """Tests of models; a model or seed only where it did not build."""
    for layer in LAYERS:
        result = read_layer(settings, business_date, layer)
        for node in result.nodes if result else ():
            severity = SEVERITIES.get(node.status)
            if severity and (node.resource_type == "test" or severity == "failed"):
                yield _check(node.name, severity, node.failures)


def _audit_checks(settings: Settings, business_date: date) -> Iterator[dict[str, Any]]:
    path = audit_path(settings, business_date)
    for check in json.loads(path.read_text(encoding="utf-8"))["checks"] if path.exists() else ():
        yield _check(check["name"], SEVERITIES.get(check["status"], "failed"), check["failures"])


def _check(name: str, severity: str, failures: int | None) -> dict[str, Any]:
    return {"check": name, "severity": severity, "failures": failures or 0}
