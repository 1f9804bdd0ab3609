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
from include.hash_keys import load_keys
from include.settings import ROOT, Settings
from include.warehouse.contract import contract_columns
from include.warehouse.handed import Handed
from include.warehouse.hashing import keys_of_build, require_snapshot
from include.warehouse.listed import listed_models
from include.warehouse.reach import refuse_reaching
from include.warehouse.shapes import PROJECT, load_shapes

_START = "from include.warehouse.handed import receive; receive(); from dbt.cli.main import cli; cli()"
# What a model may read with `env_var`: nothing of Airflow's, no setting, no secret.
PASSED = frozenset({"PATH", "HOME", "USER", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"})


def run_dbt(
    settings: Settings, arguments: Sequence[str], warehouse: Path, variables: Mapping[str, Any]
) -> tuple[int, list[dict[str, Any]]]:
    """Run one dbt command on a warehouse file; its log goes to standard output.

    Returns the exit code and the results of `run_results.json`. `arguments` begin with the command.

    Raises:
        CheckFailed: dbt stopped before it ran anything (a model does not parse, nothing is selected).
        FixDeclaration: `vars.channels` and the declared channels differ, a model reaches for what it may not
            have (include/warehouse/reach.py), or there are no keys for hashes.
        RetryLater: dbt was ended by a signal, or another process still writes the file: neither says anything
            about models or data.
    """
    refuse_reaching(PROJECT)
    load_shapes(PROJECT)
    _require_unlocked(warehouse)
    target = settings.warehouse / "dbt" / warehouse.stem
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    handed = _handed(settings, warehouse, variables).to_json()
    command = [sys.executable, "-c", _START, *arguments, "--vars", _everything(settings, variables)]
    command += ["--no-use-colors"]
    environment = dbt_environment(settings, warehouse, target)
    process = subprocess.run(command, cwd=ROOT, env=environment, input=handed, text=True, check=False)
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


def _everything(settings: Settings, variables: Mapping[str, Any]) -> str:
    known = {**listed_models(), **company_variables(settings), "contract": contract_columns(), **variables}
    return json.dumps(known, sort_keys=True)


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


def _handed(settings: Settings, warehouse: Path, variables: Mapping[str, Any]) -> Handed:
    """The keys that the file was opened with, and what its models read: staged inputs, the ledger's snapshot,
    seeds (which dbt-duckdb copies from their files)."""
    keys = keys_of_build(warehouse, load_keys(settings))
    folders = [str(variables[name]) for name in ("inputs", "ledger_snapshot") if name in variables]
    require_snapshot(Path(variables.get("ledger_snapshot", "nowhere")), keys)
    seeds = (str(path) for path in sorted((PROJECT / "seeds").rglob("*.csv")))
    return Handed(keys, tuple(folders), tuple(seeds))


def dbt_environment(settings: Settings, warehouse: Path, target: Path) -> dict[str, str]:
    """Environment of a dbt process: what every program needs, what dbt needs here, and nothing else."""
    python_path = os.environ.get("PYTHONPATH", "")
    return {
        **{name: value for name, value in os.environ.items() if name in PASSED},
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), python_path])),
        "OMNI_WAREHOUSE_FILE": str(warehouse),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(settings.var / "logs" / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
