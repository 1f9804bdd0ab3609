"""Run dbt as a process of its own, from this environment, with its state under `var/`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from include.errors import CheckFailed, RetryLater
from include.settings import ROOT, Settings
from include.warehouse.contract import contract_columns
from include.warehouse.listed import listed_models
from include.warehouse.shapes import PROJECT, load_shapes

_START = "from dbt.cli.main import cli; cli()"


def run_dbt(
    settings: Settings, arguments: Sequence[str], warehouse: Path, variables: Mapping[str, Any]
) -> tuple[int, list[dict[str, Any]]]:
    """Run one dbt command on a warehouse file; its log goes to standard output.

    Returns the exit code and the results of `run_results.json`. `arguments` begin with the command.

    Raises:
        CheckFailed: dbt stopped before it ran anything (a model does not parse, nothing is selected).
        FixDeclaration: `vars.channels` and the declared channels differ.
        RetryLater: dbt was ended by a signal, or another process still writes the file: neither says anything
            about models or data.
    """
    load_shapes(PROJECT)
    _require_unlocked(warehouse)
    target = settings.warehouse / "dbt" / warehouse.stem
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-c", _START, *arguments]
    everything = json.dumps(
        {**listed_models(), **company_variables(settings), "contract": contract_columns(), **variables},
        sort_keys=True,
    )
    command += ["--vars", everything, "--no-use-colors"]
    process = subprocess.run(command, cwd=ROOT, env=_environment(settings, warehouse, target), check=False)
    if process.returncode < 0:
        raise RetryLater(
            f"dbt {arguments[0]} was ended by {signal.Signals(-process.returncode).name} (by a person, or "
            "because memory ran out): it is run again"
        )
    if not results.exists():
        raise CheckFailed(
            f"dbt {arguments[0]} stopped before it built anything (exit code {process.returncode}): "
            "the lines above name the file; mend it, then build again"
        )
    return process.returncode, list(json.loads(results.read_text())["results"])


def company_variables(settings: Settings) -> dict[str, str]:
    """What models know of the company: `country` (ISO 3166), `currency` (ISO 4217), `time_zone` (IANA)."""
    return {"country": settings.country, "currency": settings.currency, "time_zone": settings.time_zone}


def _require_unlocked(warehouse: Path) -> None:
    """Refuse while another process has the file open: a dbt that outlived the task that had started it."""
    try:
        duckdb.connect(str(warehouse)).close()
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise
        first = str(error).splitlines()[0]
        raise RetryLater(f"another process still writes {warehouse.name}: {first}") from None


def _environment(settings: Settings, warehouse: Path, target: Path) -> dict[str, str]:
    python_path = os.environ.get("PYTHONPATH", "")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), python_path])),
        "OMNI_WAREHOUSE_FILE": str(warehouse),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(settings.var / "logs" / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
