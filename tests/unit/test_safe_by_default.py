"""Nothing that is kept in git opens a door or holds a key."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
URL_WITH_A_PASSWORD = re.compile(r"://[^\s:/@{}\"'<>$]+:(?!PASSWORD@|\$\{)[^\s@/{}\"'<>]+@")
NAME_OF_ONE = r"(?:password|(?-i:[A-Z_]+))['\"]"
SET_TO_A_TEXT = re.compile(
    rf"""(?i)\b(?:password|secret|token|api_key)["']?\s*[:=]\s*["'](?!{NAME_OF_ONE})[^"'{{}}$<…]{{6,}}["']"""
)
EVERYWHERE = re.compile(r"""["'](?:0\.0\.0\.0|::)["']""")

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and (ROOT / ".git").exists()), reason="what git keeps is only known in a clone"
)


def tracked(*folders: str) -> dict[str, str]:
    """Files that git keeps, without the tests, whose servers hold passwords of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith("tests/")]
    return {name: (ROOT / name).read_text("utf-8", "replace") for name in names if (ROOT / name).is_file()}


def test_no_file_in_git_holds_a_password_or_a_connection():
    files = tracked()
    assert len(files) > 200
    assert [name for name, text in files.items() if URL_WITH_A_PASSWORD.search(text)] == []
    assert [name for name, text in files.items() if SET_TO_A_TEXT.search(text)] == []
    assert [name for name, text in files.items() if re.search(r"AIRFLOW_CONN_\w+=\S", text)] == []
    assert [name for name in files if re.search(r"(^|/)(connections\.json|\.env|.*\.(key|pem))$", name)] == []


def test_what_it_looks_for_it_would_find():
    assert URL_WITH_A_PASSWORD.search("postgresql+psycopg2://airflow:airflow@postgres/airflow")
    assert SET_TO_A_TEXT.search('{"conn_type": "http", "password": "hunter22"}')
    assert SET_TO_A_TEXT.search("token = 'abcdef123'")
    assert EVERYWHERE.search('host="0.0.0.0"')


def test_where_secrets_and_state_are_kept_git_does_not_look():
    for name in (".env", "secrets/connections.json", "var/airflow/jwt.key"):
        asked = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT, check=False)
        assert asked.returncode == 0, name


def test_no_code_of_ours_listens_to_other_machines():
    files = tracked("include", "plugins", "dags", "ops")
    assert len(files) > 100
    assert [name for name, text in files.items() if EVERYWHERE.search(text)] == []
