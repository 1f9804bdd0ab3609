"""YAML that remembers its lines, so that an error can point at one."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from include.errors import FixDeclaration

KeyPath = tuple[Hashable, ...]
Lines = dict[KeyPath, int]

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML built without libyaml reads the same, more slowly
    from yaml import SafeLoader  # type: ignore[assignment]


def read_yaml(file: Path) -> tuple[Any, Lines]:
    """Values of a YAML file, and the line (from 1) of every key and item by its path.

    Raises:
        FixDeclaration: the file is not YAML, or says a key twice.
    """
    try:
        loader = SafeLoader(file.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        lines: Lines = {(): 1}
        if node is None:
            return None, lines
        _note_lines(file, node, (), lines)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FixDeclaration(f"{file.name}, line {line}: not YAML: {error.problem}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise FixDeclaration(f"{file.name}: not YAML: {error}") from error


def line_of(lines: Lines, path: KeyPath) -> int:
    """Line of the deepest part of `path` that the file holds; unknown parts are passed over."""
    known: KeyPath = ()
    for part in path:
        known = (*known, part) if (*known, part) in lines else known
    return lines[known]


def _note_lines(file: Path, node: yaml.Node, path: KeyPath, lines: Lines) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, _plain(key))
            line = key.start_mark.line + 1
            if here in lines:
                raise FixDeclaration(f"{file.name}, line {line}: {_dotted(here)}: said twice")
            lines[here] = line
            _note_lines(file, value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            lines[(*path, position)] = value.start_mark.line + 1
            _note_lines(file, value, (*path, position), lines)


def _plain(key: yaml.Node) -> Hashable:
    return str(key.value)


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
