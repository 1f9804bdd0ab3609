"""A copy of the platform without some channels, as docs/how-to/remove-a-channel.md says, and its nights.

python -m tests.warehouse.fewer_channels nights 0 1         # in the copy: these nights; of the last, JSON
python -m tests.warehouse.fewer_channels parse <copy> <copy> …
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from include.settings import ROOT

CHANNELS = ("shop", "stores", "crm", "email")


def copy_with(kept: Collection[str], target: Path) -> Path:
    """The platform under `target`, with these channels alone."""
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
    for part in ("include", "dbt_project", "tests/warehouse"):
        shutil.copytree(ROOT / part, target / part, ignore=ignored)
    shutil.copyfile(ROOT / "tests" / "__init__.py", target / "tests" / "__init__.py")
    for channel in sorted({*CHANNELS} - {*kept}):
        remove(target, channel)
    return target


def remove(house: Path, channel: str) -> None:
    """Everything that makes a channel: three places and one line."""
    (house / f"include/channels/{channel}.yml").unlink()
    (house / f"include/quality/expectations/{channel}.py").unlink()
    shutil.rmtree(house / f"dbt_project/models/staging/{channel}")
    project = house / "dbt_project/dbt_project.yml"
    text, count = re.subn(rf"^    {channel}: \[.*\]\n", "", project.read_text(), flags=re.MULTILINE)
    assert count == 1
    project.write_text(text)


def run(house: Path, *arguments: str) -> Any:
    """What this module says of a copy: the JSON of its last line."""
    command = [sys.executable, "-m", "tests.warehouse.fewer_channels", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMNI_")}
    env |= {"PYTHONPATH": str(house), "OMNI_VAR": str(house / "var"), "OMNI_CLOCK": "sandbox"}
    env["OMNI_HASH_KEYS"] = os.environ["OMNI_HASH_KEYS"]
    done = subprocess.run(command, cwd=house, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def nights(which: Collection[str]) -> dict[str, Any]:
    """Nights of the small company: built with every data test, audited, published, reported."""
    from include import settings as house
    from include.ledger.messages import plan
    from include.report.page import render
    from include.report.summary import collect
    from include.report.table import summary_table
    from include.warehouse import published
    from include.warehouse.audit import audit
    from include.warehouse.publish import publish
    from tests.warehouse.small_company import NIGHTS, SmallCompany

    settings, company, warned = house.load(), SmallCompany(), []
    for night in [NIGHTS[int(number)] for number in which]:
        company.land(settings, night)
        _build(settings, night)
        warned = [check.name for check in audit(settings, night).checks if check.status == "warn"]
        version = settings.published / publish(settings, night)
        plan(settings, night)
    summary = collect(settings, night)
    return {
        "rows": {mart: published.count_rows(version, mart) for mart in published.list_marts(version)},
        "warned": warned,
        "absent": summary["absent"],
        "table": summary_table(summary),
        "page": render(summary),
    }


def _build(settings: Any, night: Any) -> None:
    from include.ledger.history import snapshot
    from include.warehouse.candidate import candidate_file, open_candidate, variables_file
    from include.warehouse.dbt import run_dbt
    from include.warehouse.layers import LAYERS, results_file

    open_candidate(settings, night)
    snapshot(settings, before=night)
    variables = json.loads(variables_file(settings).read_text())
    arguments = ["build", "--quiet", "--exclude-resource-type", "unit_test"]
    code, nodes = run_dbt(settings, arguments, candidate_file(settings), variables)
    assert code == 0, [node["unique_id"] for node in nodes if node["status"] not in ("success", "pass")]
    for layer in LAYERS:
        path = results_file(settings, night, layer)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"layer": layer, "business_date": str(night), "counts": {}, "nodes": []}))


def parse(houses: list[str]) -> dict[str, str]:
    """Copy → what dbt says against its project; nothing, if it parses. In one process, which is faster."""
    from dbt.cli.main import dbtRunner

    from include import settings as house
    from include.warehouse.contract import contract_columns
    from include.warehouse.dbt import company_variables
    from include.warehouse.listed import listed_models

    variables = {"business_date": "2026-03-15", "now": "2026-03-16T09:00:00+00:00", "inputs": "inputs"}
    known = {**variables, "ledger_snapshot": "ledger", **company_variables(house.load()), **listed_models()}
    given = json.dumps({**known, "contract": contract_columns()})
    said = {}
    for folder in houses:
        project = f"{folder}/dbt_project"
        arguments = ["parse", "--quiet", "--project-dir", project, "--profiles-dir", project]
        done = dbtRunner().invoke([*arguments, "--target-path", f"{folder}/target", "--vars", given])
        said[folder] = "" if done.success else str(done.exception)
    return said


if __name__ == "__main__":
    print("\n" + json.dumps(nights(sys.argv[2:]) if sys.argv[1] == "nights" else parse(sys.argv[2:])))
