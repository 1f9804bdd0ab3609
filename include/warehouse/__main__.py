"""`make build SELECT=model+`: rebuild and test models on a copy of the current version's warehouse file.

Nothing of it is published. The copy stays at `var/warehouse/dev.duckdb`, to be looked at with DuckDB.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from include import durable
from include import settings as house
from include.errors import CheckFailed, OmniError
from include.ledger.exposures import load_syncs
from include.private import keep_private
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse.candidate import variables_file
from include.warehouse.dbt import run_dbt


def main() -> int:
    """Run one `dbt build`: 0 when all is well, 1 when a model or test failed, 2 when it could not start."""
    parser = argparse.ArgumentParser(prog="make build", description=__doc__)
    parser.add_argument("--select", help="dbt's selection, such as aud_lapsed_buyers+; all if not given")
    parser.add_argument("--no-unit-tests", action="store_true", help="data tests only")
    given = parser.parse_args()
    keep_private()
    try:
        load_syncs()  # an audience's sync is read outside dbt, which would not see it is wrong
        return build(house.load(), given.select, with_unit_tests=not given.no_unit_tests)
    except OmniError as error:
        print(error, file=sys.stderr)
        return 2


def build(settings: Settings, select: str | None, with_unit_tests: bool = True) -> int:
    """Build `select` (all if None) on the copy, tests included. Returns dbt's exit code.

    Raises:
        CheckFailed: no version was published yet, its warehouse file is gone, or nothing is selected.
    """
    copy = _copy(settings)
    arguments = ["build", *(["--select", *select.split()] if select else [])]
    if not with_unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    exit_code, results = run_dbt(settings, arguments, copy, _variables(settings))
    if not results:
        raise CheckFailed(f"no model is called what SELECT={select} asks for")
    return exit_code


def _copy(settings: Settings) -> Path:
    version = published.current(settings)
    kept = version and versions.warehouse_file(settings, version.name)
    if not kept or not kept.exists():
        raise CheckFailed("there is no published version to build on: run `make nightly` first")
    copy = settings.warehouse / "dev.duckdb"
    copy.with_name("dev.duckdb.wal").unlink(missing_ok=True)
    durable.copy_file(kept, copy, "dev.copy")
    return copy


def _variables(settings: Settings) -> dict[str, Any]:
    """Those of the last build, whose inputs still stand."""
    path = variables_file(settings)
    if not path.exists():
        raise CheckFailed("the inputs of the last build are gone: run `make nightly` first")
    variables: dict[str, Any] = json.loads(path.read_text())
    return variables


if __name__ == "__main__":
    sys.exit(main())
