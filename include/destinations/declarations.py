"""Check a YAML declaration against its model; what is wrong is said with file, line and field."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from include.channels import lines as yaml_lines
from include.errors import FixDeclaration

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


class Declaration(BaseModel):
    """Base of what is declared in YAML: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Document:
    """One YAML file: its values, and the line (from 1) at which each field stands."""

    path: Path
    value: Any
    lines: yaml_lines.Lines

    def at(self, place: Place) -> str:
        """`file, line n: field` of a place, for a complaint."""
        field = ".".join(str(step) for step in place) or "the file"
        return f"{self.path.name}, line {yaml_lines.line_of(self.lines, place)}: {field}"


def read_document(path: Path) -> Document:
    """Parse one file.

    Raises:
        FixDeclaration: it is not YAML, or says a key twice.
    """
    return Document(path, *yaml_lines.read_yaml(path))


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
