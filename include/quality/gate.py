"""The gate on landed data: nothing enters the lake that fails a critical check."""

from datetime import date, datetime
from importlib import import_module

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.channels import Stream
from include.errors import CheckFailed
from include.lake.causes import FEWEST, has_changed
from include.lake.runlog import keep_checks
from include.lake.staged import Staged
from include.lake.validate import EPOCH
from include.quality.checks import Check, columns_of, run
from include.quality.contract import contract_expectations
from include.settings import Settings

FEW = "quarantined_rows_to_be_few"


def check_landing(settings: Settings, staged: Staged) -> list[Check]:
    """Judge a sealed partition; the results are kept beside the run log, as counts.

    Raises:
        CheckFailed: too many rows refused, or a critical expectation failed.
        FixDeclaration: an expectation cannot be computed.
    """
    stream, business_date = staged.stream, date.fromisoformat(staged.manifest["date"])
    suite = contract_expectations(stream, settings, business_date, staged.manifest["loaded"])
    suite += import_module(f"include.quality.expectations.{stream.channel}").expectations(stream.name)
    table = pq.read_table(staged.data, columns=columns_of(suite) or [stream.key[0]], partitioning=None)
    table = _as_of(table, stream, settings.day_end(business_date))
    checks = [*_quarantined(staged), *run(table, suite, stream.label)]
    keep_checks(settings, business_date, stream.label, [check.as_dict() for check in checks])
    failed = [check for check in checks if not check.passed and check.severity == "critical"]
    if failed:
        raise CheckFailed(_say(settings, staged, failed))
    return checks


def _as_of(table: pa.Table, stream: Stream, end: datetime) -> pa.Table:
    """The rows as the date knows them: a moment after its end is no sign of fresh data, and counts as old."""
    name = stream.fresh_by
    if name is None or name not in table.column_names:
        return table
    moments = table[name]
    is_ahead = pc.greater_equal(moments, pa.scalar(end, moments.type))
    held = pc.if_else(is_ahead, pa.scalar(EPOCH, moments.type), moments)
    return table.set_column(table.column_names.index(name), name, held)


def _quarantined(staged: Staged) -> list[Check]:
    """Critical where the source has changed; a warning where many rows are refused for what people typed."""
    manifest, stream = staged.manifest, staged.stream
    known = manifest["within_lag"]["timeless"]  # each night meets them, a quiet one too
    refused, rows = manifest["quarantined"] - known, manifest["rows_in"] - known
    are_few = refused <= stream.max_quarantined_share * rows
    is_healthy = are_few or refused < FEWEST or not has_changed(stream, staged.causes, rows)
    found = [Check(FEW, "", "critical", is_healthy, rows, refused)]
    is_worth_a_look = is_healthy and not are_few and refused > 1
    return [*found, Check(FEW, "", "warning", False, rows, refused)] if is_worth_a_look else found


def _say(settings: Settings, staged: Staged, failed: list[Check]) -> str:
    manifest, stream = staged.manifest, staged.stream
    checks = "; ".join(map(str, failed))
    lines = [
        f"{stream.label} of {manifest['date']} fails its gate, nothing of this read was landed: {checks}"
    ]
    if manifest["quarantined"]:
        reasons = ", ".join(f"{what} (first: {where})" for what, where in staged.first.items())
        lines.append(
            f"  {manifest['quarantined']} of {manifest['rows_in']} rows refused, at most "
            f"{stream.max_quarantined_share:.0%} may be: {reasons}. {_kept(settings, staged)}"
        )
    lines.append(
        "  Tell the channel's owner; once the source is mended, clear the task: it reads it all again."
    )
    return "\n".join(lines)


def _kept(settings: Settings, staged: Staged) -> str:
    """Where the refused rows are."""
    if staged.has_landed:
        return "They are not kept: the date has landed before, and stays as it was landed."
    folder = f"{settings.quarantine_root}/{staged.stream.label}/date={staged.manifest['date']}"
    return f"They are kept, with their reasons, under {folder}/."
