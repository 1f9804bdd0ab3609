"""Files that a system leaves once a day, in a folder or an S3 bucket: lines of JSON, or CSV."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from include.channels import FilesSource, Stream
from include.connections import Connection
from include.errors import FixSource
from include.lake.reasons import Reason, Unreadable
from include.lake.validate import Item
from include.sources.interval import Interval
from include.sources.json_rows import as_row, parse
from include.sources.places import Place, place_of

# What its connection must look like: a folder of the machine that runs the task, or a bucket.
EXAMPLES = (
    {"conn_type": "fs", "extra": {"path": "/data/shop/events"}},
    {
        "conn_type": "aws",
        "login": "<access key id>",
        "password": "<secret access key>",
        "extra": {
            "bucket": "shop-events",
            "region_name": "eu-west-2",
            "endpoint_url": "https://s3.eu-west-2.amazonaws.com",
        },
    },
)
BATCH = 20_000
LONGEST_LINE = 64 * 1024 * 1024
MARK = "\ufeff"  # of the byte order, as some systems write before UTF-8
WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(stream: Stream, connection: Connection, interval: Interval) -> Iterator[list[Item]]:
    """The records of the interval's files, day by day.

    Raises:
        FixSource: a day's file is missing, cut off or no text of lines in UTF-8; one is named by a day that
            no calendar has; a CSV lacks its header.
        FixConnection, RetryLater: the place refuses us, or does not answer.
    """
    source = stream.source
    assert isinstance(source, FilesSource)
    place = place_of(connection)
    batch: list[Item] = []
    for path in _paths(stream, source, place, interval):
        for item in _records(stream, source, place, path):
            batch.append(item)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _paths(stream: Stream, source: FilesSource, place: Place, interval: Interval) -> list[str]:
    """Path of each day's file; every day of the interval must have one."""
    there = _dates(stream, source, place)
    if not there and not source.may_be_missing:
        raise FixSource(f"{stream.label}: {place.label} holds no file like {source.path}")
    wanted = interval.days(first=min(there, default=interval.last))
    missing = [d for d in wanted if d not in there]
    if missing and not source.may_be_missing:
        days = ", ".join(d.isoformat() for d in missing[:5])
        raise FixSource(
            f"{stream.label}: {place.label} lacks {len(missing)} of {len(wanted)} files like {source.path}: "
            f"{days}. Ask the owner to deliver them; then clear the task."
        )
    return [there[d] for d in wanted if d in there]


def _dates(stream: Stream, source: FilesSource, place: Place) -> dict[date, str]:
    prefix, suffix = source.path.split("{date}")
    pattern = re.compile(re.escape(prefix) + r"([0-9]{4}-[0-9]{2}-[0-9]{2})" + re.escape(suffix))
    found = {}
    for path in place.list(prefix):
        match = pattern.fullmatch(path)
        if match:
            try:
                found[date.fromisoformat(match[1])] = path
            except ValueError as error:
                raise FixSource(
                    f"{stream.label}: {place.label} holds {path}, and no calendar has the day {match[1]}. "
                    "Ask the owner to name the file by its day, or to remove it; then clear the task."
                ) from error
    return found


def _records(stream: Stream, source: FilesSource, place: Place, path: str) -> Iterator[Item]:
    label = f"{stream.label}: {path}"
    with place.open(path) as raw:
        try:
            lines = _lines(_unpacked(raw) if source.compression == "gzip" else raw, label)
            yield from _csv(lines, source, label) if source.format == "csv" else _ndjson(lines, stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FixSource(f"{label} is cut off or damaged: ask the owner to deliver it again") from error


def _unpacked(raw: io.BufferedReader) -> io.BufferedReader:
    """A gzipped file's content; of no bytes at all nothing can be unpacked, not even emptiness."""
    if not raw.peek(1):
        raise EOFError
    unzipped: Any = gzip.GzipFile(fileobj=raw)
    return io.BufferedReader(unzipped, 1024 * 1024)


def _lines(stream: io.BufferedReader, label: str) -> Iterator[str]:
    """Lines without their ends; bytes that are no UTF-8 become lone surrogates, refused with their row.

    A byte-order mark before any line is taken off, for files may have been put together of several.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if number == 1 and line.startswith(WIDE):
            raise FixSource(
                f"{label} is marked as UTF-16 or UTF-32: ask the owner to deliver it again in UTF-8"
            )
        if len(line) == LONGEST_LINE:
            raise FixSource(
                f"{label}, line {number} is longer than {LONGEST_LINE // 2**20} MiB: no lines of text"
            )
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n").lstrip(MARK)
        if text:
            yield text


def _ndjson(lines: Iterator[str], stream: Stream) -> Iterator[Item]:
    for line in lines:
        try:
            row = parse(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            yield as_row(row, stream, line)
        else:
            yield Unreadable(row.reason if isinstance(row, Unreadable) else Reason.NOT_JSON, line)


def _csv(lines: Iterator[str], source: FilesSource, label: str) -> Iterator[Item]:
    """One line, one record: an open quote spoils its own line and no other."""
    header = _fields(next(lines, ""), source.delimiter)
    if not header or len(set(header)) < len(header):
        raise FixSource(f"{label}: its first line is no header of distinct names")
    for line in lines:
        fields = _fields(line, source.delimiter)
        if fields is None or len(fields) != len(header):
            yield Unreadable(Reason.BAD_FRAMING, line)
        else:
            yield dict(zip(header, (value or None for value in fields), strict=True))


def _fields(line: str, delimiter: str) -> list[str] | None:
    """Fields of one line; None where quotes are open, or stand where none may."""
    if not line:
        return None
    try:
        reader = csv.reader([line], delimiter=delimiter, strict=True)
        fields = next(reader)
    except (csv.Error, StopIteration):
        return None
    return fields
