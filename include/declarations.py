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
        FixDeclaration: it is not YAML, says a key twice, or has an anchor or alias.
    """
    lines: Lines = {(): 1}
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_aliases(path, text)
        loader = SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(path, None, lines)
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


def _refuse_aliases(path: Path, text: str) -> None:
    """A few lines of aliases of aliases unfold to more than any memory holds."""
    for event in yaml.parse(text, Loader=SafeLoader):
        if getattr(event, "anchor", None) is not None:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise FixDeclaration(
                f"{path.name}, line {line}: anchors (&) and aliases (*) are not taken: write it out"
            )


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
