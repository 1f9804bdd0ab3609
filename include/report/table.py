"""The night for a terminal: aligned plain text, at most 100 columns wide."""

from collections.abc import Mapping, Sequence
from typing import Any

from include.report import words
from include.report.absent import sentences

WIDTH = 100
Row = Sequence[str]


def summary_table(summary: Mapping[str, Any]) -> str:
    """Summary as text: channels, customers, audiences, destinations, decisions, checks, seconds."""
    version = summary["version"] or "nothing published"
    parts = [
        f"Night of {summary['date']}   {version}",
        _channels(summary),
        _customers(summary),
        _audiences(summary),
        _destinations(summary),
        _messages(summary),
        _problems(summary),
        _checks(summary),
        _pruned(summary),
        _seconds(summary),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _grid(header: Row, rows: Sequence[Row], left: int = 1) -> str:
    """Columns as wide as their content; the first `left` and the last, if text, set left."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = []
    for row in table:
        cells = [
            c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _why(counts: Mapping[str, int], indent: str) -> list[str]:
    """Reasons wrapped under their row, so that no line passes the width."""
    lines, line = [], indent
    for code, n in words.by_size(counts):
        part = f"{code} {words.number(n)}"
        if line.strip() and len(line) + len(part) + 2 > WIDTH:
            lines.append(line.rstrip())
            line = indent
        line += part + "  "
    return [*lines, line.rstrip()] if line.strip() else lines


def _with_why(header: Row, rows: Sequence[tuple[Row, Mapping[str, int]]]) -> str:
    grid = _grid(header, [row for row, _ in rows]).split("\n")
    lines = [grid[0]]
    for line, (_, why) in zip(grid[1:], rows, strict=True):
        lines += [line, *_why(why, "    ")]
    return "\n".join(lines)


def _channels(summary: Mapping[str, Any]) -> str:
    rows: list[tuple[Row, Mapping[str, int]]] = []
    for channel, streams in summary["channels"].items():
        for stream, n in streams.items():
            figures = [n["rows_in"], n["loaded"], n["duplicate"], sum(n["quarantined"].values())]
            rows.append(([f"{channel}/{stream}", *map(words.number, figures)], n["quarantined"]))
    text = _with_why(["channel", "in", "loaded", "duplicate", "quarantined"], rows)
    late = [f"{s['channel']} ({'never' if s['days'] is None else s['days']})" for s in summary["stale"]]
    said = [f"stale, in days: {', '.join(late)}"] if late else []
    return "\n".join([text, *said, *sentences(summary)])


def _customers(summary: Mapping[str, Any]) -> str:
    people = summary["customers"]
    return "customers  " + "  ".join(f"{k} {words.number(v)}" for k, v in people.items()) if people else ""


def _audiences(summary: Mapping[str, Any]) -> str:
    rows = [
        [name, *(words.number(a[k]) for k in ("size", "entered", "left"))]
        for name, a in summary["audiences"].items()
    ]
    return _grid(["audience", "size", "entered", "left"], rows) if rows else ""


def _destinations(summary: Mapping[str, Any]) -> str:
    keys = ["planned", "sent", "confirmed", "rejected", "unknown"]
    rows: list[tuple[Row, Mapping[str, int]]] = [
        (
            [name, *(words.number(d[k]) for k in keys), words.number(sum(d["held_back"].values()))],
            d["held_back"],
        )
        for name, d in summary["destinations"].items()
    ]
    return _with_why(["destination", *keys, "held back"], rows) if rows else ""


def _messages(summary: Mapping[str, Any]) -> str:
    rows: list[tuple[Row, Mapping[str, int]]] = []
    for journey, steps in summary["messages"].items():
        for step, n in steps.items():
            refused = sum(n["refused"].values())
            rows.append(
                (
                    [f"{journey}/{step}", *map(words.number, (n["candidates"], n["send"], refused))],
                    n["refused"],
                )
            )
    return _with_why(["journey", "candidates", "send", "refused"], rows) if rows else ""


def _problems(summary: Mapping[str, Any]) -> str:
    found = [(code, p) for code, p in summary.get("problems", {}).items() if p["count"]]
    rows: list[tuple[Row, Mapping[str, int]]] = [
        ([code, words.number(p["count"])], p["by"]) for code, p in found
    ]
    return _with_why(["to look at", "count"], rows) if rows else ""


def _checks(summary: Mapping[str, Any]) -> str:
    n = summary["checks"]
    text = f"checks  passed {n['passed']}  warnings {n['warnings']}  failed {n['failed']}"
    return "\n".join([text, *(f"    {f['severity']}: {f['check']}"[:WIDTH] for f in n["findings"])])


def _pruned(summary: Mapping[str, Any]) -> str:
    rows = [
        [f"{kind}: {name}", words.number(n)]
        for kind, counts in summary.get("pruned", {}).items()
        for name, n in counts.items()
    ]
    return _grid(["no longer kept", "taken away"], rows) if rows else ""


def _seconds(summary: Mapping[str, Any]) -> str:
    rows = [[stage, f"{seconds:.1f}"] for stage, seconds in summary["seconds"].items()]
    return _grid(["stage", "seconds"], rows) if rows else ""
