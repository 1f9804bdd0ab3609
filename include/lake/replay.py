"""Bring refused rows back, repaired.

    python -m include.lake.replay shop orders 2026-03-15 --export refused.jsonl
    … mend the fields in that file, keeping `_quarantined`; drop lines that stay refused …
    python -m include.lake.replay shop orders 2026-03-15 --from refused.jsonl

The rows are held against the contract again. If all pass, they join that date's partition and leave
its quarantine; if one does not, nothing changes. Done twice it changes nothing more.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from include import settings as environment
from include.channels import Stream, find_stream
from include.errors import FixDeclaration, FixPayload, FixRequest, OmniError
from include.lake import runlog
from include.lake.existing import Existing
from include.lake.manifests import Manifest
from include.lake.stage import Place, Stage
from include.lake.staged import commit_repair
from include.lake.store import lake, quarantine
from include.lake.validate import Row, Span, Tally, micros, validate
from include.quality.gate import check_landing
from include.settings import Settings

ABOUT = ("_quarantined", "_reason", "_field", "_line")


def export(settings: Settings, channel: str, stream: str, business_date: date) -> Iterator[Row]:
    """Refused rows of one date as they were read, each with its name, reason and field.

    Raises:
        FixDeclaration: the stream is not declared, or the date has not landed.
    """
    declared = find_stream(channel, stream)[1]
    existing = Existing(declared, business_date, lake(settings), quarantine(settings))
    if existing.manifest is None:
        raise FixDeclaration(f"{declared.label} of {business_date} has not landed: nothing was refused")
    for name, row in existing.refused():
        about = {"_quarantined": name, "_reason": row["reason"], "_field": row["field"]}
        raw = json.loads(row["raw"])
        yield {**about, **(raw if isinstance(raw, dict) else {"_line": row["raw"]})}


def replay(
    settings: Settings, channel: str, stream: str, business_date: date, rows: Iterable[Row]
) -> Manifest:
    """Unite repaired rows with their partition and take them out of quarantine; the new manifest.

    Raises:
        FixPayload: a row still breaks the contract, or is not in quarantine; names line and field.
        FixDeclaration: the stream is not declared, or the date has not landed.
        FixRequest: the rows of that date have expired.
        CheckFailed: the partition would fail its gate.
    """
    whole, declared = find_stream(channel, stream)
    top = declared if declared.nested is None else whole.streams[declared.nested.parent]
    place = Place(lake(settings), quarantine(settings), business_date, arrived=business_date)
    with runlog.alone(settings, top.label):
        names, manifest = _unite(settings, declared, place, list(rows))
        runlog.note(settings, business_date, declared.label, {"event": "replayed", "rows": len(names)})
    return manifest


def _unite(
    settings: Settings, stream: Stream, place: Place, rows: list[Row]
) -> tuple[frozenset[str], Manifest]:
    existing = Existing(stream, place.business_date, place.lake, place.quarantine)
    if existing.manifest is None:
        raise FixDeclaration(f"{stream.label} of {place.business_date} has not landed: clear its task")
    if "pruned" in existing.manifest:
        raise FixRequest(
            f"{stream.label} of {place.business_date}: its rows have expired (include/retention.yml), and "
            "these would only join them"
        )
    names, repaired = _wanted(existing, rows)
    _must_pass(stream, repaired, _span(stream, existing.manifest))
    with closing(_Replay(stream, place, None, names)) as stage:
        stage.add(repaired)
        staged = stage.seal(existing.manifest["cursor"], existing.manifest["source"])
        check_landing(settings, staged)
        commit_repair(staged, place.lake, place.quarantine)
    return names, staged.manifest


class _Replay(Stage):
    """Rows that were counted when they came in: one that is there already becomes a duplicate."""

    def _duplicates_in_all(self, old: Manifest) -> int:
        added = self._writer.rows - int(old["loaded"])
        return int(old["duplicate"]) + self.tally.rows - added


def _wanted(existing: Existing, rows: list[Row]) -> tuple[frozenset[str], list[Row]]:
    """Names and rows that are still in quarantine; those replayed before are passed over."""
    there = {name for name, _ in existing.refused()}
    names, wanted = set(), []
    for line, row in enumerate(rows, 1):
        name = str(row.get("_quarantined", ""))
        if name in there:
            there.remove(name)
            names.add(name)
            wanted.append({key: value for key, value in row.items() if key not in ABOUT})
        elif name not in existing.repaired:
            raise FixPayload(f"line {line}: _quarantined {name or 'is missing'} names no row in quarantine")
    return frozenset(names), wanted


def _must_pass(stream: Stream, rows: list[Row], span: Span) -> None:
    refused = validate(stream, rows, Tally(), span).refused
    if refused:
        lines = [f"  repaired row {r.place + 1}: {r.refusal.field}: {r.refusal.reason}" for r in refused]
        raise FixPayload(
            "\n".join([f"{stream.label}: nothing was replayed; these are still refused:", *lines])
        )


def _span(stream: Stream, manifest: Manifest) -> Span:
    """The interval that was read, its lag included."""
    start, end = (manifest["cursor"][name] for name in ("from", "to"))
    lag = timedelta(minutes=stream.lag_minutes)
    return start and micros(datetime.fromisoformat(start) - lag), micros(datetime.fromisoformat(end))


def _read_lines(file: Path) -> Iterator[Row]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FixPayload(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FixPayload(f"{file.name}, line {number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise FixPayload(f"{file.name}, line {number}: not a JSON object")
        yield row


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where a person must act."""
    parser = argparse.ArgumentParser(prog="python -m include.lake.replay", description="Replay refused rows.")
    parser.add_argument("channel")
    parser.add_argument("stream")
    parser.add_argument("date", type=date.fromisoformat)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--export", type=Path, help="write the refused rows here, one JSON object a line")
    way.add_argument("--from", type=Path, dest="repaired", help="replay the repaired rows of this file")
    asked = parser.parse_args(arguments)
    try:
        print(_run(environment.load(), asked))
    except OmniError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(settings: Settings, asked: argparse.Namespace) -> str:
    what = (asked.channel, asked.stream, asked.date)
    if asked.export:
        lines = [json.dumps(row) + "\n" for row in export(settings, *what)]
        asked.export.touch(mode=0o600)  # it holds personal data
        asked.export.write_text("".join(lines))
        return f"{len(lines)} refused rows written to {asked.export}"
    manifest = replay(settings, *what, _read_lines(asked.repaired))
    counts = [f"{manifest[name]} {name}" for name in ("rows_in", "loaded", "duplicate", "quarantined")]
    return f"{asked.channel}/{asked.stream} of {asked.date}: {', '.join(counts)}"


if __name__ == "__main__":
    sys.exit(main())
