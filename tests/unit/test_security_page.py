"""The page for the person who answers for it knows every store, every kind of retention and every role."""

import re
import runpy
from pathlib import Path

import pytest

from include.channels import load_channels
from include.retention.declaration import KINDS, load_retention
from include.retention.streams import for_ever, shapes_by_stream
from include.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-and-privacy.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "serve-unsubscribe-links.md").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| (.*?) \|", text, re.MULTILINE)


STORES = sorted(
    set(re.findall(r"`([\w./<>]+)`", "\n".join(first_cells(section(ARCHITECTURE, "Where state lies")))))
    - {"var/"}
)


@pytest.mark.parametrize("store", STORES)
def test_every_store_says_what_of_persons_is_in_it_and_how_long(store):
    rows = [line for line in section(PAGE, "What is kept where").splitlines() if line.startswith("| ")]
    (row,) = [line for line in rows if f"`{store}" in line.split(" | ")[0].replace("logs/airflow", "logs/")][
        :1
    ]
    assert len(row.strip("| ").split(" | ")) == 5


def test_there_are_stores_and_kinds():
    assert len(STORES) >= 8
    assert len(KINDS) == 7


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_store_and_what_follows(kind):
    assert f"| `{kind}` |" in section(PAGE, "What is kept where")
    assert f"| `{kind}` |" in section(PAGE, "How long")


def test_everything_that_an_installation_writes_has_a_row():
    text = section(PAGE, "What is kept where")
    settings = Settings()
    known = {settings.warehouse, settings.published, settings.reports, settings.sandbox}
    written = {path.relative_to(settings.var).parts[0] for path in known} | {
        "runlog",
        "index",
        "locks",
        "staging",
    }
    code = "\n".join(path.read_text() for path in (ROOT / "include").rglob("*.py"))
    written |= set(re.findall(r'settings(?:\.load\(\))?\.var / "(\w+)"', code))
    assert len(written) > 8
    assert [name for name in sorted(written) if f"`{name}" not in text] == []


def test_the_page_lists_the_streams_that_can_be_cut_and_no_others():
    shapes = shapes_by_stream()
    lake = re.search(r"^\*\*Lake\.\*\*(.*?)^- ", section(PAGE, "How long"), re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`(\w+/\w+)`", lake[1]))
    nested = {s.label for c in load_channels().values() for s in c.streams.values() if s.nested}
    assert named == {label for label, of in shapes.items() if not for_ever(of)} - nested


def test_what_is_advised_can_be_declared(tmp_path):
    advised = re.search(r"\*\*Advised\*\*: `(.*?)`\. ", PAGE)
    file = tmp_path / "retention.yml"
    file.write_text(f"lake:\n  {advised[1]}\n")
    assert load_retention(file).kinds == ["lake"]


def test_every_role_stands_in_the_table():
    table = re.search(r"<!-- roles: begin -->(.*?)<!-- roles: end -->", PAGE, re.DOTALL)
    roles = re.findall(r"^\| \*\*(\w+)\*\*", table[1], re.MULTILINE)
    assert roles == ["viewer", "analyst", "marketer", "operator", "admin"]


def test_the_code_that_verifies_links_runs_as_it_stands(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL)
    file = tmp_path / "links.py"
    file.write_text(code)
    assert len(runpy.run_path(str(file))["token"]) > 70
