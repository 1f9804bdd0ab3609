"""Lint the SQL: what models reach for; then sqlfluff, whose dbt templater compiles against an empty file."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from include.errors import FixDeclaration
from include.settings import ROOT, Settings, load
from include.warehouse.contract import contract_columns
from include.warehouse.dbt import company_variables, dbt_environment
from include.warehouse.listed import listed_models
from include.warehouse.reach import refuse_reaching
from include.warehouse.shapes import PROJECT

VARIABLES = {
    "business_date": "2026-03-15",
    "now": "2026-03-16T09:00:00+00:00",
    "inputs": "inputs",
    "ledger_snapshot": "ledger",
}


def main() -> int:
    """Run sqlfluff over the dbt project against an empty warehouse; its exit code.

    1 where a model reaches for what it may not have.
    """
    try:
        refuse_reaching(PROJECT)
    except FixDeclaration as error:
        print(error, file=sys.stderr)
        return 1
    sqlfluff = Path(sys.executable).parent / "sqlfluff"
    with tempfile.TemporaryDirectory() as folder:
        house = Settings(var=Path(folder))
        env = dbt_environment(house, Path(folder) / "lint.duckdb", Path(folder) / "target")
        command = [str(sqlfluff), "lint", "--disable-progress-bar", "--processes", "1"]
        command += ["--config", str(_variables(Path(folder))), "dbt_project"]
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _variables(folder: Path) -> Path:
    """A configuration with the variables that every run gives to dbt."""
    known = (
        VARIABLES
        | company_variables(load())
        | {"contract": json.dumps(contract_columns())}
        | {kind: ",".join(names) for kind, names in listed_models().items()}
    )
    lines = ["[sqlfluff:templater:dbt:context]", *(f"{name} = {value}" for name, value in known.items())]
    path = folder / "variables.cfg"
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
