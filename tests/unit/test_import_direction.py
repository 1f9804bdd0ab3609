"""Imports run one way: dags → plugins/omnichannel → include; `ops` stands outside and drives."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "include": {"airflow", "omnichannel", "dags", "ops", "dbt"},
    "plugins": {"dags", "ops", "dbt"},
    "dags": {"ops", "dbt", "duckdb", "pandas", "httpx", "sqlalchemy"},
    "ops": {"airflow", "omnichannel", "dags", "dbt"},
}


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_imports_only_what_stands_below_it(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    wrong = {str(f.relative_to(ROOT)): bad for f in files if (bad := imported(f) & FORBIDDEN[room])}
    assert wrong == {}
