"""Files that a system leaves once a day, in a folder or an S3 bucket: lines of JSON, or CSV."""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import date

from include.channels import FilesSource, Stream
from include.connections import Connection
from include.errors import FixSource
from include.lake.reasons import Reason, Unreadable
from include.lake.validate import Item
from include.sources.interval import Interval
from include.sources.json_rows import MOST_FIELDS, as_row, parse
from include.sources.lines import KEPT, MIB, Unpacked, lines, marks, unpacked
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
HEAVIEST = 32 * MIB  # of one batch, by the weight of its records
ENOUGH_TO_JUDGE = 50_000  # lines
MOST_ODD = 0.9  # share of lines that are no records; a visitor's browser writes records, whatever is in them
A_VALUE = 32  # bytes; the least that a value costs beside its text
MOST_VALUES = 250_000  # of one row
WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Weighed = tuple[Item, int]  # a record, and its weight: bytes of its text, and `A_VALUE` for each value


def read(stream: Stream, connection: Connection, interval: Interval) -> Iterator[list[Item]]:
    """The records of the interval's files, day by day.

    Raises:
        FixSource: a day's file is missing, cut off or no text of lines in UTF-8; one is named by a day that
            no calendar has; a CSV lacks its header; a file unpacks to more than is honest, or holds hardly
            any records.
        FixConnection, RetryLater: the place refuses us, or does not answer.
    """
    source = stream.source
    assert isinstance(source, FilesSource)
    place = place_of(connection)
    batch: list[Item] = []
    weight, census = 0, _Census(stream)
    for path in _paths(stream, source, place, interval):
        for item, its_weight in _records(stream, source, place, path):
            batch.append(item)
            weight += its_weight
            if len(batch) == BATCH or weight > HEAVIEST:
                census.add(batch, path)
                yield batch
                batch, weight = [], 0
    if batch:
        yield batch


class _Census:
    """How many lines are records at all: one that is none costs as much as one that lands."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._lines, self._records = stream, 0, 0

    def add(self, batch: list[Item], path: str) -> None:
        """Count one batch; a record has at least one declared field.

        Raises:
            FixSource: most of a large number are none, so that the gate would refuse them all in the end.
        """
        declared = self._stream.columns.keys()
        self._lines += len(batch)
        self._records += sum(isinstance(item, dict) and not declared.isdisjoint(item) for item in batch)
        odd, share = self._lines - self._records, min(MOST_ODD, max(0.5, self._stream.max_quarantined_share))
        if self._lines >= ENOUGH_TO_JUDGE and odd > share * self._lines:
            raise FixSource(
                f"{self._stream.label}: {path}: of {self._lines:,} lines {odd:,} are no records: ask the "
                "owner to deliver it again"
            )


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


def _records(stream: Stream, source: FilesSource, place: Place, path: str) -> Iterator[Weighed]:
    label = f"{stream.label}: {path}"
    with place.open(path) as raw:
        try:
            opened = unpacked(raw, label) if source.compression == "gzip" else raw
            found = lines(opened, label, WIDE)
            is_csv = source.format == "csv"
            for item, weight in _csv(found, source, label) if is_csv else _ndjson(found, stream):
                if isinstance(opened.raw, Unpacked) and _is_record(item, stream):
                    opened.raw.excuse(weight)
                yield item, weight
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FixSource(f"{label} is cut off or damaged: ask the owner to deliver it again") from error


def _is_record(item: Item, stream: Stream) -> bool:
    """Whether a line is a record, be it one that is refused for what somebody wrote into it."""
    if isinstance(item, dict):
        return not stream.columns.keys().isdisjoint(item)
    return isinstance(item, Unreadable) and item.reason in (Reason.TOO_LARGE, Reason.DOUBLED_KEY)


def _ndjson(found: Iterator[str | Unreadable], stream: Stream) -> Iterator[Weighed]:
    for line in found:
        if isinstance(line, Unreadable):
            yield line, len(line.raw)
            continue
        values = marks(line)
        if values > MOST_VALUES:
            yield Unreadable(Reason.TOO_LARGE, line[:KEPT]), len(line)
            continue
        try:
            row = parse(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            yield as_row(row, stream, line), len(line) + values * A_VALUE
        else:
            reason = row.reason if isinstance(row, Unreadable) else Reason.NOT_JSON
            yield Unreadable(reason, line), len(line)


def _csv(found: Iterator[str | Unreadable], source: FilesSource, label: str) -> Iterator[Weighed]:
    """One line, one record: an open quote spoils its own line and no other."""
    header = _header(next(found, ""), source, label)
    for line in found:
        if isinstance(line, Unreadable):
            yield line, len(line.raw)
            continue
        fields = _fields(line, source.delimiter)
        if fields is None or len(fields) != len(header):
            yield Unreadable(Reason.BAD_FRAMING, line), len(line)
        else:
            row = dict(zip(header, (value or None for value in fields), strict=True))
            yield row, len(line) + len(header) * A_VALUE


def _header(line: str | Unreadable, source: FilesSource, label: str) -> list[str]:
    header = None if isinstance(line, Unreadable) else _fields(line, source.delimiter)
    if not header or len(set(header)) < len(header):
        raise FixSource(f"{label}: its first line is no header of distinct names")
    if len(header) > MOST_FIELDS:
        raise FixSource(f"{label}: its header has {len(header):,} columns, and {MOST_FIELDS:,} are the most")
    return header


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
