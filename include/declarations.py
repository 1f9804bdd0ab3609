"""What is declared in YAML: read with its lines, checked against a model.

What is wrong is said with file, line and field.
"""

import difflib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from include.errors import FixDeclaration

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML built without libyaml reads the same, more slowly
    from yaml import SafeLoader  # type: ignore[assignment]

MOST_NODES = 100_000  # keys, values and lists of one file, its aliases written out
UNENDING = 10**12

Place = tuple[Hashable, ...]
Lines = dict[Place, int]
Model = TypeVar("Model", bound=BaseModel)


class Declaration(BaseModel):
    """Base of what is declared in YAML: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Document:
    """One YAML file: its values, and the line (from 1) of every key and item by its place."""

    path: Path
    value: Any
    lines: Lines

    def line(self, place: Place) -> int:
        """Line of the deepest part of `place` that the file holds; unknown parts are passed over."""
        known: Place = ()
        for part in place:
            known = (*known, part) if (*known, part) in self.lines else known
        return self.lines[known]

    def at(self, place: Place) -> str:
        """`file, line n: field` of a place, for a complaint."""
        return f"{self.path.name}, line {self.line(place)}: {_dotted(place) or 'the file'}"


def read_document(path: Path) -> Document:
    """Parse one file.

    Raises:
        FixDeclaration: it is not YAML, says a key twice, or its aliases unfold without end.
    """
    lines: Lines = {(): 1}
    try:
        loader = SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            return Document(path, None, lines)
        _unfolded(path, node, {})
        _note_lines(path, node, (), lines)
        return Document(path, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FixDeclaration(f"{path.name}, line {line}: not YAML: {error.problem}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise FixDeclaration(f"{path.name}: not YAML: {error}") from error
    except RecursionError:
        raise FixDeclaration(f"{path.name}: nested too deeply") from None


def validate(document: Document, model: type[Model], place: Place = ()) -> Model:
    """Check the part of a document at `place` against a model.

    Raises:
        FixDeclaration: one line per mistake.
    """
    value = document.value
    for step in place:
        value = value[step]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise FixDeclaration(
            "\n".join(_complain(document, model, place, e) for e in error.errors())
        ) from None


def _complain(document: Document, model: type[BaseModel], place: Place, error: Any) -> str:
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _fields(model), n=1)
        said = "unknown field" + (f"; did you mean {near[0]}?" if near else "")
    return f"{document.at((*place, *error['loc']))}: {said}"


def _fields(model: type[BaseModel]) -> list[str]:
    """Names of all fields of a model and of those within it."""
    schema = model.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return [name for part in parts for name in part.get("properties", {})]


def _unfolded(path: Path, node: yaml.Node, sizes: dict[int, int]) -> int:
    """Nodes below and with this one, aliases written out: a few lines of them can unfold to any number."""
    line = node.start_mark.line + 1
    known = sizes.get(id(node))
    if known is None:
        sizes[id(node)] = UNENDING  # until its parts are counted: one that holds itself has no end
        known = 1 + sum(_unfolded(path, part, sizes) for part in _parts(node))
        sizes[id(node)] = known
    if known > MOST_NODES:
        raise FixDeclaration(f"{path.name}, line {line}: its aliases (*) unfold to too much: write it out")
    return known


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _note_lines(path: Path, node: yaml.Node, place: Place, lines: Lines) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            line = key.start_mark.line + 1
            if here in lines:
                raise FixDeclaration(f"{path.name}, line {line}: {_dotted(here)}: said twice")
            lines[here] = line
            _note_lines(path, value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            lines[(*place, position)] = value.start_mark.line + 1
            _note_lines(path, value, (*place, position), lines)


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)
