"""Write the two files of a night's report, each in one step, so that no reader sees half of one."""

import json
import os
from datetime import date
from pathlib import Path

from include.failpoints import failpoint
from include.report.page import render
from include.report.summary import collect
from include.settings import Settings


def write_report(settings: Settings, business_date: date, seconds: dict[str, float] | None = None) -> Path:
    """Write `reports/<date>/summary.json` and `index.html`; return the path of the page.

    `seconds` per stage, or what lies in `stages.json` beside them; the only figures that may
    differ between two equal nights.
    """
    folder = settings.reports / business_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    summary = collect(settings, business_date)
    summary["seconds"] = seconds if seconds is not None else _stages(folder)
    _replace(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    return _replace(folder / "index.html", render(summary))


def _stages(folder: Path) -> dict[str, float]:
    path = folder / "stages.json"
    return {k: float(v) for k, v in json.loads(path.read_text()).items()} if path.exists() else {}


def _replace(path: Path, text: str) -> Path:
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    failpoint("report.before_commit")
    temporary.replace(path)
    failpoint("report.after_commit")
    return path
