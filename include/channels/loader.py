"""Read the declarations. Light on purpose: DAG files call this each time they are parsed."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from include.channels.model import (
    Channel,
    Column,
    FilesSource,
    Nested,
    RestSource,
    SqlSource,
    Stream,
)
from include.channels.rules import problems
from include.declarations import Declaration, Document, Place, read_document
from include.errors import FixDeclaration

FOLDER = Path(__file__).parent
GIVEN = {"name", "channel", "has_versions"}  # names come from where a part stands
SOURCES: dict[str, type[Declaration]] = {"rest": RestSource, "sql": SqlSource, "files": FilesSource}


def load_channels(folder: Path = FOLDER) -> dict[str, Channel]:
    """Every channel declared in `folder`, by name (the name of its file), in alphabetical order.

    Raises:
        FixDeclaration: a file is wrong; the message names file, line and field, and what is allowed.
    """
    return {file.stem: load_channel(file) for file in channel_files(folder)}


def channel_files(folder: Path = FOLDER) -> list[Path]:
    """The declarations in `folder`, one file a channel, in alphabetical order.

    Raises:
        FixDeclaration: there is none.
    """
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise FixDeclaration(f"{folder} holds no channel: expected <channel>.yml files")
    return files


def find_stream(channel: str, stream: str) -> tuple[Channel, Stream]:
    """One stream and its channel; what other channels declare does not matter.

    Raises:
        FixDeclaration: it is not declared, or its channel's file is wrong.
    """
    file = next((file for file in channel_files() if file.stem == channel), None)
    declared = load_channel(file) if file else None
    if declared is None or stream not in declared.streams:
        raise FixDeclaration(f"{channel}/{stream} is not declared in include/channels/")
    return declared, declared.streams[stream]


def load_channel(file: Path) -> Channel:
    """The channel declared in one file.

    Raises:
        FixDeclaration: naming file, line and field, all that is wrong at once.
    """
    document = read_document(file)
    if not isinstance(document.value, dict):
        raise FixDeclaration(f"{file.name}, line 1: a channel is a mapping: title, mission_row, owner, …")
    try:
        channel = Channel.model_validate(document.value)
    except ValidationError as error:
        raise FixDeclaration(_say(document, [_problem(e) for e in error.errors()])) from None
    channel = _named(file.stem, channel)
    broken = list(problems(channel))
    if broken:
        raise FixDeclaration(_say(document, broken))
    return channel


def _named(name: str, channel: Channel) -> Channel:
    """The channel with names written into its parts, and nested streams given their parent's source."""
    streams = {key: _named_stream(name, key, channel) for key in channel.streams}
    return channel.model_copy(update={"name": name, "streams": streams})


def _named_stream(channel_name: str, name: str, channel: Channel) -> Stream:
    stream = channel.streams[name]
    columns = {key: column.model_copy(update={"name": key}) for key, column in stream.columns.items()}
    has_versions = stream.nested is not None or any(
        other.nested is not None and other.nested.parent == name for other in channel.streams.values()
    )
    update: dict[str, Any] = {
        "name": name,
        "channel": channel_name,
        "columns": columns,
        "has_versions": has_versions,
    }
    if stream.nested is not None and stream.nested.parent in channel.streams and not stream.connection:
        update["connection"] = channel.streams[stream.nested.parent].connection
    return stream.model_copy(update=update)


def _problem(error: Any) -> tuple[Place, str]:
    path: Place = error["loc"]
    if error["type"] == "extra_forbidden":
        return path, _unknown_key(path)
    if error["type"] == "missing":
        return path, "missing: this key is required"
    return path, f"{error['msg']}, not {error['input']!r}"


def _unknown_key(path: Place) -> str:
    allowed = sorted(_part(path[:-1]).model_fields.keys() - GIVEN)
    close = get_close_matches(str(path[-1]), allowed, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"unknown key{hint}; allowed: {', '.join(allowed)}"


def _part(path: Place) -> type[Declaration]:
    """The part of a declaration that lies at `path`, as pydantic writes paths."""
    match path:
        case (_, _, "source", kind):
            return SOURCES[str(kind)]
        case (_, _, "nested"):
            return Nested
        case (_, _, "columns", _):
            return Column
        case (_, _):
            return Stream
    return Channel


def _say(document: Document, broken: list[tuple[Place, str]]) -> str:
    found = sorted((document.line(path), ".".join(map(str, path)), why) for path, why in broken)
    return "\n".join(f"{document.path.name}, line {line}: {path}: {why}" for line, path, why in found)
