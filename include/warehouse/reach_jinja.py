"""The jinja of a model, read with jinja's own parser: what is not known to be harmless is refused."""

from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from include.warehouse.reach_sql import forbidden

Fault = tuple[int, str]  # line, and what is wrong with it

KNOWN = frozenset({"ref", "source", "var", "config", "this", "is_incremental", "loop", "range", "return"})
# Macros of dbt that only write SQL, used as `dbt.<name>`; those of types begin with `type_`.
OF_DBT = frozenset(
    {"date_trunc", "dateadd", "datediff", "last_day", "cast", "safe_cast", "concat", "length", "listagg"}
    | {"any_value", "bool_or", "except", "intersect", "hash", "position", "replace", "right", "split_part"}
)
MATERIALIZED = frozenset({"table", "view", "incremental", "ephemeral"})
CONFIGURED = frozenset(
    {"materialized", "unique_key", "incremental_strategy", "on_schema_change", "full_refresh"}
    | {"alias", "tags", "meta", "enabled", "docs", "contract"}
)
# Nothing else of a value is read: `ref` and `var` hold dbt's connection and context, texts have `format`.
READ = frozenset({"items", "keys", "values", "append", "first", "last", "index", "index0", "length"})
FILTERS = frozenset(
    {"join", "list", "length", "lower", "upper", "trim", "replace", "first", "last"}
) | frozenset({"int", "string", "default", "reject", "select", "unique"})
_PULLING_IN = (nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends, nodes.Macro, nodes.CallBlock)


def look_at_template(text: str, macros: frozenset[str]) -> Iterator[Fault]:
    """What the jinja of a model reaches for. `macros`: those of the project, by name."""
    try:
        tree = _jinja().parse(text)
    except TemplateSyntaxError as error:
        yield error.lineno, f"not jinja as a model may have it: {error.message}"
        return
    assigned = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    allowed = KNOWN | macros | assigned | {"dbt"}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in allowed:
            yield name.lineno, f"{name.name}: a model has ref, source, var, config and the project's macros"
        elif name.ctx != "load" and name.name in KNOWN | macros | {"dbt"}:
            yield name.lineno, f"{name.name}: is known to all models and may not be set"
    yield from _pulled_in(tree)
    yield from _attributes(tree)
    yield from _configured(tree)
    yield from _written(tree)


@cache
def _jinja() -> Environment:
    return Environment(extensions=["jinja2.ext.do"])


def _pulled_in(tree: nodes.Template) -> Iterator[Fault]:
    for node in tree.find_all(_PULLING_IN):
        yield (
            node.lineno,
            f"{type(node).__name__.lower()}: a model has no macros of its own, nor other templates",
        )


def _attributes(tree: nodes.Template) -> Iterator[Fault]:
    named: list[tuple[nodes.Getattr | nodes.Getitem, str]]
    named = [(node, node.attr) for node in tree.find_all(nodes.Getattr)]
    named += [(node, _constant(node.arg)) for node in tree.find_all(nodes.Getitem)]
    for node, name in named:
        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name.startswith("_"):
            yield node.lineno, f"{name}: what begins with _ is not for models"
        if owner == "config" or (owner == "dbt" and name not in OF_DBT and not name.startswith("type_")):
            yield node.lineno, f"{owner}.{name}: not for models"
    for name_node in tree.find_all(nodes.Name):
        if name_node.name == "dbt" and not _is_owner(tree, name_node):
            yield name_node.lineno, "dbt: only as dbt.<macro>"
    yield from _values(tree)


def _values(tree: nodes.Template) -> Iterator[Fault]:
    """What is read of a value, or made of it, by other ways than those that are known to be harmless."""
    for read in tree.find_all(nodes.Getattr):
        owner = read.node.name if isinstance(read.node, nodes.Name) else ""
        if owner not in ("dbt", "config") and read.attr not in READ:
            yield read.lineno, f".{read.attr}: a model reads {', '.join(sorted(READ))} of a value"
    for item in tree.find_all(nodes.Getitem):
        if not isinstance(item.arg, nodes.Slice | nodes.Const) or isinstance(_value(item.arg), str):
            yield item.lineno, f"[{_constant(item.arg)}]: by number alone; write a loop over items()"
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name not in FILTERS or filtered.kwargs or filtered.dyn_args or filtered.dyn_kwargs:
            yield filtered.lineno, f"|{filtered.name}: not for models; write a loop"
    for left in (node.left for node in tree.find_all(nodes.Mod)):
        if not isinstance(left, nodes.Getattr):
            yield left.lineno, "%: of loop.index alone; a text is written out"


def _is_owner(tree: nodes.Template, name: nodes.Name) -> bool:
    return any(node.node is name for node in tree.find_all(nodes.Getattr))


def _configured(tree: nodes.Template) -> Iterator[Fault]:
    for call in tree.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name != "config":
            continue
        if call.args or call.dyn_args or call.dyn_kwargs:
            yield call.lineno, "config: only key=value, written out"
        for pair in call.kwargs:
            if pair.key not in CONFIGURED:
                yield pair.lineno, f"config({pair.key}): a model may set {', '.join(sorted(CONFIGURED))}"
            elif pair.key == "materialized" and _constant(pair.value) not in MATERIALIZED:
                yield pair.lineno, f"config(materialized): {', '.join(sorted(MATERIALIZED))}"


def _written(tree: nodes.Template) -> Iterator[Fault]:
    """SQL that jinja writes: the texts of each expression, joined, as they may be when it is rendered."""
    written = [part for output in tree.find_all(nodes.Output) for part in output.nodes]
    for part in [*written, *(assign.node for assign in tree.find_all(nodes.Assign))]:
        if isinstance(part, nodes.TemplateData):
            continue
        texts = [*([part] if isinstance(part, nodes.Const) else []), *part.find_all(nodes.Const)]
        said = "".join(text.value for text in texts if isinstance(text.value, str))
        for what in forbidden(said):
            yield part.lineno, what


def _constant(node: nodes.Node) -> str:
    return str(node.value) if isinstance(node, nodes.Const) else ""


def _value(node: nodes.Node) -> object:
    return node.value if isinstance(node, nodes.Const) else None
