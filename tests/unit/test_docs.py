"""Whatever exists is documented: a new channel, audience or command without its line here fails."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CATALOGUE = (DOCS / "catalogue.md").read_text(encoding="utf-8")
RUNBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "runbooks").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODELS = ROOT / "dbt_project" / "models"


def stems(folder: Path, pattern: str, prefix: str = "") -> list[str]:
    return sorted(path.stem.removeprefix(prefix) for path in folder.glob(pattern))


CHANNELS = stems(ROOT / "include" / "channels", "*.yml")
DESTINATIONS = stems(ROOT / "include" / "destinations", "*.yml")
SENDERS = sorted(
    {yaml.safe_load(p.read_text())["sender"] for p in (ROOT / "include" / "destinations").glob("*.yml")}
)
AUDIENCES = stems(MODELS / "audiences", "**/aud_*.sql", "aud_")
JOURNEYS = stems(MODELS / "journeys", "**/jny_*.sql", "jny_")
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
TARGETS = re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def dag_ids(file: Path) -> list[str]:
    """Ids of a file's DAGs: its own name, or one a channel where it loops over them."""
    return [f"ingest_{name}" for name in CHANNELS] if file.stem == "ingest_channels" else [file.stem]


def task_ids(file: Path) -> set[str]:
    """Names of the tasks that a DAG file takes from the house's list, and those it names itself."""
    text = file.read_text(encoding="utf-8")
    imported = re.search(r"from omnichannel\.tasks import (?:\(([^)]*)\)|(.*))", text)
    names = {n.strip() for n in (imported[1] or imported[2]).split(",") if n.strip()} if imported else set()
    layers = re.search(r"LAYERS = \(([^)]*)\)", text)
    if layers:
        names = names - {"build_layer"} | {f"build_{n}" for n in re.findall(r'"(\w+)"', layers[1])}
    return names | set(re.findall(r'task_id="(\w+)"', text))


@pytest.mark.parametrize(
    "found", [CHANNELS, DESTINATIONS, SENDERS, AUDIENCES, JOURNEYS, DAG_FILES, TARGETS, list(RUNBOOKS)]
)
def test_there_is_something_to_document(found):
    assert found


@pytest.mark.parametrize("name", [*CHANNELS, *DESTINATIONS, *SENDERS, *AUDIENCES, *JOURNEYS])
def test_the_catalogue_has_a_line(name):
    assert re.search(rf"^\|.*`{name}`", CATALOGUE, re.MULTILINE)


def test_the_catalogue_lists_nothing_that_is_gone():
    first_cells = re.findall(r"^\| `(\w+)`", CATALOGUE, re.MULTILINE)
    assert first_cells
    assert sorted(first_cells) == sorted([*CHANNELS, *DESTINATIONS, *AUDIENCES, *JOURNEYS])


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_each_dag_and_each_of_its_tasks_stands_in_its_runbook(file):
    page = RUNBOOKS[file.stem]
    tasks = task_ids(file)
    assert tasks
    missing = [name for name in [*dag_ids(file), *tasks] if f"`{name}`" not in page]
    assert missing == []
    assert all(f"`{dag_id}`" in RUNBOOKS["README"] for dag_id in dag_ids(file))


def test_each_runbook_is_about_a_dag():
    assert sorted(RUNBOOKS) == sorted(["README", *(file.stem for file in DAG_FILES)])


@pytest.mark.parametrize("target", TARGETS)
def test_each_command_stands_in_the_readme(target):
    assert f"make {target}" in README


def test_the_readme_names_no_command_that_is_not_there():
    named = set(re.findall(r"`?make ([a-z][a-z-]*)", "\n".join(code_of(README))))
    assert named
    assert named <= set(TARGETS)


def code_of(text: str) -> list[str]:
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


def pages() -> list[Path]:
    return sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_decision_and_how_to_is_listed():
    for folder in ("decisions", "how-to"):
        index = (DOCS / folder / "README.md").read_text(encoding="utf-8")
        listed = [p.name for p in (DOCS / folder).glob("*.md") if p.name != "README.md"]
        assert listed
        assert [name for name in listed if f"({name})" not in index] == []


def test_paths_named_in_the_docs_exist():
    roots = ("include", "plugins", "dags", "dbt_project", "ops", "docs", "tests")
    named = {
        (page.name, path)
        for page in pages()
        for path in re.findall(rf"`((?:{'|'.join(roots)})/[\w./-]+)`", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert sorted((page, path) for page, path in named if not (ROOT / path).exists()) == []


def test_a_more_exact_error_is_led_to_the_row_of_its_kind():
    kinds = set(re.findall(r"^class (\w+)\(OmniError\)", (ROOT / "include" / "errors.py").read_text(), re.M))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "include").rglob("*.py")]
    found = [pair for text in sources for pair in re.findall(r"^class (\w+)\((\w+)\):", text, re.M)]
    exact = [(name, kind) for name, kind in found if kind in kinds]
    rows = [line for line in RUNBOOKS["README"].splitlines() if line.startswith("  | `")]
    assert len(exact) > 5
    assert [f"`{n}`" for n, k in exact if not any(f"| `{k}` |" in r and f"`{n}`" in r for r in rows)] == []
