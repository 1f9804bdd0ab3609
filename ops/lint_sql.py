"""Lint the SQL with sqlfluff's dbt templater, which needs a warehouse file to compile against."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from include.settings import ROOT


def main() -> int:
    """Run sqlfluff over the dbt project against an empty warehouse; its exit code."""
    sqlfluff = Path(sys.executable).parent / "sqlfluff"
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"OMNI_VAR": folder, "OMNI_WAREHOUSE_FILE": str(Path(folder) / "lint.duckdb")}
        command = [str(sqlfluff), "lint", "--disable-progress-bar", "--processes", "1", "dbt_project"]
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
