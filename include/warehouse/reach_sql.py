"""The SQL of a model: one select, over models, with functions that open nothing."""

import re
from collections.abc import Iterator
from functools import cache

import duckdb
from jinja2 import Environment

# DuckDB's functions that give tables, but for these, open files, run SQL or show its insides.
HARMLESS = frozenset(
    {
        "range",
        "generate_series",
        "unnest",
        "repeat",
        "histogram",
        "histogram_values",
        "json_each",
        "json_tree",
    }
)
# Not among them: those of extensions, by their names' form, and scalar ones.
_OPENING = re.compile(
    r"st_read\w*|read_\w+|\w+_scan|\w+_(query|execute|attach)|http_\w+|load_\w+|from_substrait"
)
_SCALAR = frozenset({"getenv", "current_setting", "getvariable", "current_query", "write_log", "sleep_ms"})
_CALL = re.compile(r'(?:\b([a-z_]\w*)|"([^"]+)")\s*\(', re.IGNORECASE)
_NOT_READ = re.compile(
    r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|\be'(?:\\.|''|[^'\\])*'|'(?:''|[^'])*'", re.DOTALL | re.IGNORECASE
)
_FILE = re.compile(r"""(?<!distinct )\b(?:from|join)\s*(?:'/'|"[^"]*[/\\:][^"]*")""", re.IGNORECASE)
_BEGINS = ("with", "select", "from", "values", "(", "jinja")
_JINJA = "jinja"  # stands for what an expression writes


def look_at_sql(text: str) -> Iterator[tuple[int, str]]:
    """Line and fault of everything in a model's SQL that is not one select over models."""
    sql = _masked(text)
    first = re.search(r"\w+|\S", sql)
    if first and first[0].lower() not in _BEGINS and not first[0].startswith(_JINJA):
        yield _line(sql, first), f"{first[0]}: a model is one select"
    for hit in re.finditer(";", sql):
        yield _line(sql, hit), "a model is one select, without a semicolon"
    for hit in _CALL.finditer(sql):
        if _opens(hit[1] or hit[2]):
            yield _line(sql, hit), _said(hit[1] or hit[2])
        elif _JINJA in (hit[1] or hit[2]):
            yield _line(sql, hit), "the name of a function is written out, not put together by jinja"
    for hit in re.finditer(_FILE, sql):
        yield _line(sql, hit), "a model reads models, by ref, and no files"


def forbidden(written: str) -> Iterator[str]:
    """What SQL that jinja writes may not hold."""
    for name in (hit[1] or hit[2] for hit in _CALL.finditer(written)):
        if _opens(name):
            yield _said(name)
    if ";" in written:
        yield "a model is one select, without a semicolon"


def without_texts(sql: str) -> str:
    """SQL without comments and texts."""
    return _NOT_READ.sub(_emptied, sql)


def _said(name: str) -> str:
    return f"{name}: a model may not open files or connections, or look at DuckDB's insides"


def _opens(name: str) -> bool:
    known = name.lower()
    return known in _tables() or known in _SCALAR or _OPENING.fullmatch(known) is not None


@cache
def _tables() -> frozenset[str]:
    """Names of the functions of this DuckDB that give tables or are pragmas, but for harmless ones."""
    with duckdb.connect() as con:
        found = con.execute("select function_name, function_type from duckdb_functions()").fetchall()
    kinds = ("table", "table_macro", "pragma")
    others = {name for name, kind in found if kind not in kinds}
    return frozenset(name for name, kind in found if kind in kinds and name not in others) - HARMLESS


def _masked(text: str) -> str:
    """The SQL with its lines kept: a word for each jinja expression, no comments, no texts."""
    sql = ""
    for line, kind, value in Environment().lex(text):
        sql += "\n" * (line - 1 - sql.count("\n"))
        if kind == "data":
            sql += value
        elif kind == "variable_begin":
            sql += _JINJA
    return _NOT_READ.sub(_emptied, sql)


def _emptied(hit: re.Match[str]) -> str:
    """Of a text, nothing but whether it may be the name of a file."""
    is_comment = hit[0].startswith(("--", "/*"))
    left = "" if is_comment else "'/'" if re.search(r"[/\\.:*]", hit[0]) else "''"
    return left + "\n" * hit[0].count("\n")


def _line(text: str, hit: re.Match[str]) -> int:
    return text[: hit.start()].count("\n") + 1
