"""Write the two files of a night's report, each in one step, so that no reader sees half of one."""

import json
from datetime import date
from pathlib import Path

from include import durable
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
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    durable.write_text(folder / "summary.json", text, "report")
    durable.write_text(folder / "index.html", render(summary), "report")
    return folder / "index.html"


def _stages(folder: Path) -> dict[str, float]:
    path = folder / "stages.json"
    return {k: float(v) for k, v in json.loads(path.read_text()).items()} if path.exists() else {}
