"""What must hold between the parts of a channel's declaration, beyond the shape of each."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from include.channels.model import Channel, Column, FilesSource, RestSource, Stream
from include.declarations import Place

Problem = tuple[Place, str]
OUR_PARAMETERS = ("updated_from", "updated_to", "limit", "cursor")  # of a list's query: the reader's own


def problems(channel: Channel) -> Iterator[Problem]:
    """Each broken rule as (path in the file, what is wrong and what is allowed)."""
    for name, stream in channel.streams.items():
        path = ("streams", name)
        yield from (((*path, *rest), why) for rest, why in _stream_problems(stream))
        if stream.nested is not None:
            yield from (((*path, "nested", *rest), why) for rest, why in _nested_problems(channel, stream))


def _stream_problems(stream: Stream) -> Iterator[Problem]:
    if (stream.nested is None) == (stream.source is None):
        yield (), "needs either a source (with its connection) or nested, not both"
    if stream.source is not None and not stream.connection:
        yield ("connection",), "missing: the id of the connection that reaches the source"
    for position, key in enumerate(stream.key):
        yield from _column_problem(stream, ("key", position), key, required=True)
    if stream.cursor is not None:
        yield from _column_problem(stream, ("cursor",), stream.cursor, required=True, type="timestamp")
    elif stream.source is not None and not isinstance(stream.source, FilesSource):
        yield (), "needs a cursor: the timestamp column by which the source is cut"
    if stream.fresh_by is not None:
        yield from _column_problem(stream, ("fresh_by",), stream.fresh_by, type="timestamp")
    if isinstance(stream.source, RestSource):
        yield from _path_problems(stream.source.path)
    for column in stream.columns.values():
        yield from _type_problems(("columns", column.name), column)


def _path_problems(path: str) -> Iterator[Problem]:
    here = ("source", "path")
    if "#" in path:
        yield here, "a fragment (# and what follows) never reaches an API; write a # within a value as %23"
    if not path.isprintable():
        yield here, "holds characters that no address may hold"
    declared = {name for name, _ in parse_qsl(path.partition("?")[2], keep_blank_values=True)}
    for name in OUR_PARAMETERS:
        if name in declared:
            yield here, f"the reader sets {name} itself; not allowed in a path: {', '.join(OUR_PARAMETERS)}"


def _type_problems(path: tuple[str, ...], column: Column) -> Iterator[Problem]:
    if column.allowed and column.type != "string":
        yield (*path, "allowed"), f"only a string column has allowed values; this one is {column.type}"
    yield from (((*path, *rest), why) for rest, why in _limit_problems(column))
    if column.name in {"date", "_extra", "_row_version", "_date", "_arrived"}:
        yield path, "this name is the lake's own"
    if column.time_zone is None:
        return
    if column.type != "timestamp":
        yield (*path, "time_zone"), "only a timestamp column has a time zone"
    try:
        ZoneInfo(column.time_zone)
    except (ValueError, OSError, KeyError):
        yield (*path, "time_zone"), f"{column.time_zone!r} is no time zone; write it as Europe/London"


def _limit_problems(column: Column) -> Iterator[Problem]:
    for name in ("max_length", "pattern"):
        if getattr(column, name) is not None and column.type != "string":
            yield (name,), f"only a string column has a {name}; this one is {column.type}"
    for name in ("minimum", "maximum"):
        if getattr(column, name) is not None and column.type not in ("int64", "decimal"):
            yield (name,), f"only a number (int64, decimal) has a {name}; this one is {column.type}"
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        yield ("minimum",), "is above the maximum"
    if column.pattern is not None:
        try:
            re.compile(column.pattern)
        except re.error as error:
            yield ("pattern",), f"is no regular expression: {error}"


def _nested_problems(channel: Channel, stream: Stream) -> Iterator[Problem]:
    nested = stream.nested
    assert nested is not None
    parent = channel.streams.get(nested.parent)
    if parent is None or parent.nested is not None:
        top = ", ".join(s.name for s in channel.top_streams())
        yield ("parent",), f"{nested.parent!r} is no stream read by itself; allowed: {top}"
        return
    for mine, theirs in nested.inherit.items():
        yield from _column_problem(stream, ("inherit", mine), mine)
        yield from _column_problem(parent, ("inherit", mine), theirs)
    if nested.position is not None:
        yield from _column_problem(stream, ("position",), nested.position, type="int64")


def _column_problem(
    stream: Stream, path: Place, name: str, required: bool = False, type: str | None = None
) -> Iterator[Problem]:
    column = stream.columns.get(name)
    if column is None:
        yield path, f"{name!r} is no column of {stream.name}; allowed: {', '.join(stream.columns)}"
    elif required and not column.required:
        yield path, f"column {name!r} must be required: true to serve here"
    elif type is not None and column.type != type:
        yield path, f"column {name!r} must be of type {type}, not {column.type}"
