"""A DagBag of the repository's own DAGs, loaded once, with Airflow's home in a temporary folder."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def dag_bag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("airflow")
    values = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "OMNI_VAR": str(home / "var"),
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    from airflow.dag_processing.dagbag import DagBag

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = DagBag(dag_folder=str(ROOT / "dags"))
    bag.caught_warnings = [str(w.message) for w in caught if str(ROOT / "dags") in str(w.filename)]
    yield bag
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture
def run_python() -> Any:
    """Run a snippet in a fresh interpreter of the same environment; its standard output."""

    def run(code: str, *arguments: str, **env: str) -> str:
        path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": path, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run
