"""What a model may reach: other models and variables, and nothing else. Looked at before
dbt runs, and by the lint.

Models, most of all audiences and journeys, are written by many people and run with the rights of the night.
So a model is one select over `ref`s: no hooks, no second statement, no function that opens a file or a
connection, no jinja that reads the environment or runs SQL by itself. What is hidden from this look finds
DuckDB confined (include/warehouse/confine.py) and an environment without secrets (include/warehouse/dbt.py).
"""

import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from include.declarations import read_document
from include.errors import FixDeclaration
from include.settings import ROOT
from include.warehouse.reach_jinja import MATERIALIZED, Fault, look_at_template
from include.warehouse.reach_sql import forbidden, look_at_sql, without_texts

FOLDERS = ("models", "tests", "snapshots", "analyses")  # what dbt builds or runs of a project
BESIDE = ("macros", "seeds")  # what it reads to do so
READS_FILES = ("models", "staging")  # by declared sources; this folder alone, whatever others are called
HOOKS = frozenset({"pre_hook", "post_hook", "on_run_start", "on_run_end", "sql_header"})
LINK = (1, "a link: what it leads to would be built unseen")
PROSE = frozenset({"description", "why"})
SOURCES = "read_parquet('{{ var('inputs') }}/"  # as a source says where its file is
_SUSPECT = re.compile(r"hook|on[-_]run|sql_header|materialized|[{][{%]|;|[(]")
# Of dbt's own: they read the environment, run SQL by themselves, or hold the connection.
_REACHING = re.compile(
    r"\b(env_var|run_query|statement|load_result|modules|builtins|set_sql_header|submit_python_job)\b"
    r"|\badapter\s*(?:\.\s*(?!dispatch\b)|\[|\|)|\bcontext\s*[\[.]"
)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)")


def refuse_reaching(project: Path) -> None:
    """See that no model, macro or declaration of a dbt project reaches beyond the warehouse.

    Raises:
        FixDeclaration: some do: a line for each, with file, line and what to do without.
    """
    macros = [path for path in sorted((project / "macros").rglob("*")) if path.suffix.lower() == ".sql"]
    names = frozenset(name for path in macros for name in _MACRO.findall(path.read_text(encoding="utf-8")))
    found = []
    for folder in (*FOLDERS, *BESIDE):
        for path in sorted((project / folder).rglob("*")):
            within = path.relative_to(project / folder).parts
            if folder in BESIDE:
                found += _say(path, _in_file_beside(path))
            else:
                found += _say(path, _in_model(path, names, reads_files=(folder, within[0]) == READS_FILES))
    found += _say(project / "dbt_project.yml", _in_yaml(project / "dbt_project.yml"))
    if found:
        raise FixDeclaration("\n".join(found))


def _say(path: Path, faults: Iterator[Fault]) -> list[str]:
    place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return [f"{place}, line {line}: {what}" for line, what in sorted(faults)]


def _in_model(path: Path, macros: frozenset[str], reads_files: bool) -> Iterator[Fault]:
    """Names are compared as dbt does: it takes `X.SQL` for a model, and follows links."""
    kind = path.suffix.lower()
    if path.is_symlink():
        yield LINK
    elif kind == ".py":
        yield 1, "models are SQL: a Python model would run with all rights of the night"
    elif kind in (".yml", ".yaml"):
        yield from _in_yaml(path, macros, reads_files)
    elif kind == ".sql":
        text = path.read_text(encoding="utf-8")
        yield from look_at_template(text, macros)
        if not reads_files:
            yield from look_at_sql(text)


def _in_file_beside(path: Path) -> Iterator[Fault]:
    kind = path.suffix.lower()
    if path.is_symlink():
        yield LINK
    elif kind in (".yml", ".yaml"):
        yield from _in_yaml(path)
    elif kind == ".sql":
        yield from _in_macros(path.read_text(encoding="utf-8"))


def _in_macros(text: str) -> Iterator[Fault]:
    shown = _JINJA_COMMENT.sub(_blank, text)
    for block in _JINJA.finditer(shown):
        yield from _reaching(block[0], shown[: block.start()].count("\n"))


def _reaching(jinja: str, lines_before: int) -> Iterator[Fault]:
    for hit in _REACHING.finditer(jinja):
        line = lines_before + jinja[: hit.start()].count("\n") + 1
        yield line, f"{hit[0].strip()}: jinja may not read the environment or run SQL by itself"


def _blank(hit: re.Match[str]) -> str:
    return "\n" * hit[0].count("\n")


def _in_yaml(path: Path, macros: frozenset[str] = frozenset(), reads_files: bool = True) -> Iterator[Fault]:
    text = path.read_text(encoding="utf-8")
    yield from _in_macros(text)
    if not _SUSPECT.search(text):
        return
    document = read_document(path)
    for place, value in _entries(document.value):
        if isinstance(value, str) and place[-1] not in PROSE:
            yield from ((document.line(place), what) for what in _in_value(value, macros, reads_files))
        name = str(place[-1]).lstrip("+").replace("-", "_")
        if name in HOOKS:
            yield (
                document.line(place),
                f"{place[-1]}: a hook runs SQL beside the models; build a model instead",
            )
        if name == "materialized" and value not in MATERIALIZED:
            yield document.line(place), f"materialized: {', '.join(sorted(MATERIALIZED))}, not {value}"


def _in_value(value: str, macros: frozenset[str], reads_files: bool) -> Iterator[str]:
    """A text of YAML may be SQL (a test's `where`, rows of a unit test), and may hold jinja."""
    if "{" in value:
        yield from (what for _, what in look_at_template(value, macros))
    if not reads_files:
        sql = value.removeprefix("read_parquet") if value.startswith(SOURCES) else value
        yield from forbidden(without_texts(sql))


def _entries(value: Any, place: tuple[Hashable, ...] = ()) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
    """Every key and item of a document with its place."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*place, key), inner
        yield from _entries(inner, (*place, key))
