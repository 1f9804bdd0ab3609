"""The gate between build and publish: the layers' results, and Great Expectations on the candidate.

Results are kept as counts under `var/warehouse/results/<date>/audit.json`, with a mark of the very file that
was looked at: only that state of the candidate can be published.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from include import durable
from include.channels import load_channels
from include.errors import CheckFailed
from include.lake.manifests import read_manifest
from include.retention.lake import largest_expired_share
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse.audited import audit_path, mark_of
from include.warehouse.candidate import candidate_file, variables_file
from include.warehouse.layers import LAYERS, read_layer
from include.warehouse.listed import audience_names
from include.warehouse.shapes import absent_shapes

CHANNELS = "rpt_channel_freshness"
# Of a stream's rows: one day's share of a window of weeks is less, a first landing with its history is more.
SHED = 0.05
COMPARED = ("dim_customers", "customer_records", "fct_orders", "fct_order_lines")  # anybody can make many


@dataclass(frozen=True)
class Finding:
    """Outcome of one check. `status`: pass, warn or fail; `failures`: how much was wrong, None if unknown."""

    name: str
    model: str
    status: str
    failures: int | None = None


@dataclass(frozen=True)
class AuditResult:
    """Outcome of an audit. `counts`: checks by status."""

    business_date: date
    checks: tuple[Finding, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Checks by status: pass, warn, fail."""
        return dict(sorted(Counter(check.status for check in self.checks).items()))

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Critical checks that failed."""
        return tuple(check for check in self.checks if check.status == "fail")


def audit(settings: Settings, business_date: date) -> AuditResult:
    """Judge the candidate of a business date; what it said is kept either way.

    Raises:
        CheckFailed: a layer is missing or broken, or a critical check failed; names check, model and remedy.
    """
    _require_date(settings, business_date)
    result = AuditResult(
        business_date, (*_layers(settings, business_date), *_expect(settings, business_date))
    )
    _keep(settings, result)
    if result.failed:
        raise CheckFailed(_say(settings, result))
    return result


def _require_date(settings: Settings, business_date: date) -> None:
    opened = variables_file(settings)
    found = json.loads(opened.read_text())["business_date"] if opened.exists() else "no date"
    if found != str(business_date) or not candidate_file(settings).exists():
        raise CheckFailed(
            f"the candidate is opened for {found}, not {business_date}: clear open_candidate first"
        )


def _layers(settings: Settings, business_date: date) -> list[Finding]:
    """One check a layer: it was built for this date, and nothing critical of it failed."""
    findings = []
    for layer in LAYERS:
        result = read_layer(settings, business_date, layer)
        if result is None:
            raise CheckFailed(f"layer {layer} was not built for {business_date}: clear it and what follows")
        status = "fail" if result.broken else "pass"
        findings.append(Finding(f"layer {layer} is built and tested", layer, status, len(result.broken)))
    return findings


def _expect(settings: Settings, business_date: date) -> list[Finding]:
    from include.quality import checks
    from include.quality.expectations.candidate import suites
    from include.quality.suite import Before

    findings = []
    landed = dict.fromkeys(COMPARED, _rows_landed(settings, business_date))
    has_same_rows = _has_same_channels(settings, business_date) and not _has_shed(settings, business_date)
    before = Before(_rows_before(settings, business_date), has_same_rows, landed)
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as con:
        reasons = [row[0] for row in con.execute("select reason from decision_reasons").fetchall()]
        for suite in suites(before, audience_names(), reasons, absent_shapes()):
            table = con.sql(suite.query).to_arrow_table()
            outcome = checks.run(table, suite.expectations, f"{suite.model}: {suite.title}")
            values = table.to_pylist()[0]
            findings += [_finding(suite.model, suite.title, check, values) for check in outcome]
    return findings


def _finding(model: str, title: str, check: Any, values: dict[str, Any]) -> Finding:
    """A check of one counted column. Its value is a count or a ratio, never a row's own content."""
    bad = "warn" if check.severity == "warning" else "fail"
    value = values[check.column]
    failures = value if isinstance(value, int) and not check.passed else None
    name = f"{model}: {title} ({check.column.replace('_', ' ')})"
    return Finding(name, model, "pass" if check.passed else bad, failures)


def _rows_before(settings: Settings, business_date: date) -> dict[str, int]:
    before = published.previous(settings, business_date)
    names = published.list_marts(before) if before else []
    return {mart: published.count_rows(before, mart) for mart in COMPARED if before and mart in names}


def _rows_landed(settings: Settings, business_date: date) -> int:
    """Rows of the dates after that of the version before: a night may have been left out."""
    before = published.previous(settings, business_date)
    since = versions.date_of(before.name) if before else business_date - timedelta(days=1)
    days = [since + timedelta(days=n) for n in range(1, (business_date - since).days + 1)]
    streams = [stream for channel in load_channels().values() for stream in channel.streams.values()]
    found = [read_manifest(settings, s.channel, s.name, day) for s in streams for day in days]
    return sum(manifest["loaded"] for manifest in found if manifest)


def _has_same_channels(settings: Settings, business_date: date) -> bool:
    """Whether the version before was built from the channels that there are now; true if it does not say."""
    before = published.previous(settings, business_date)
    if before is None or CHANNELS not in published.list_marts(before):
        return True
    return set(published.read_mart(before, CHANNELS, ["channel"])["channel"].to_pylist()) == set(
        load_channels()
    )


def _has_shed(settings: Settings, business_date: date) -> bool:
    """Whether so many rows have expired since the version before that its size says nothing of this one's."""
    before = published.previous(settings, business_date)
    if before is None:
        return False
    return largest_expired_share(settings, versions.date_of(before.name), business_date) >= SHED


def _keep(settings: Settings, result: AuditResult) -> None:
    kept = {
        "business_date": str(result.business_date),
        "has_passed": not result.failed,
        "counts": result.counts,
        "checks": [asdict(check) for check in result.checks],
        "candidate": mark_of(candidate_file(settings)),
    }
    durable.write_text(audit_path(settings, result.business_date), json.dumps(kept, indent=1) + "\n", "audit")


def _say(settings: Settings, result: AuditResult) -> str:
    faults = [f"{check.name}{f' [{check.failures}]' if check.failures else ''}" for check in result.failed]
    return (
        f"the audit of {result.business_date} found {len(faults)} faults, nothing is published: "
        f"{'; '.join(faults)}\n"
        f"Look at the model in {candidate_file(settings)} (DuckDB), correct it or its source, "
        "then clear open_candidate and what follows. Readers keep the version before."
    )
