"""Lines of files in bounded memory: none too long to be held, no file that unpacks to more than is honest."""

import gzip
import io
from collections.abc import Iterator
from typing import Any

from include.errors import FixSource
from include.lake.reasons import Reason, Unreadable

MIB = 1024 * 1024
LONGEST_LINE = 4 * MIB  # bytes; a row has a few KiB
KEPT = 64 * 1024  # of a line that is refused for its size, as it stands in the quarantine
MOST_RATIO = 200  # of unpacked to packed bytes; logs of equal lines reach about 100
RATIO_FROM = 8 * MIB  # what is read ahead of the records, and a batch that is not judged yet
MARK = "\ufeff"  # of the byte order, as some systems write before UTF-8


class _Packed:
    """The packed file, counting what was read of it."""

    def __init__(self, raw: io.BufferedReader) -> None:
        self._raw, self.count = raw, 0

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self.count += len(data)
        return data


class Unpacked(io.RawIOBase):
    """What is in it, as long as what is no record of it is not out of all proportion."""

    def __init__(self, raw: io.BufferedReader, label: str) -> None:
        self._packed, self._label, self._given = _Packed(raw), label, 0
        packed: Any = self._packed
        self._gzip = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def excuse(self, size: int) -> None:
        """Leave so many bytes out of account: they were records, whose texts visitors may make long."""
        self._given = max(0, self._given - size)

    def readinto(self, buffer: Any) -> int:
        data = self._gzip.read(min(len(buffer), MIB))
        self._given += len(data)
        if self._given > max(RATIO_FROM, MOST_RATIO * self._packed.count):
            raise FixSource(
                f"{self._label} unpacks to more than {MOST_RATIO} times its size: ask the owner what it is"
            )
        buffer[: len(data)] = data
        return len(data)


def unpacked(raw: io.BufferedReader, label: str) -> io.BufferedReader:
    """A gzipped file's content; of no bytes at all nothing can be unpacked, not even emptiness.

    Raises:
        FixSource: while it is read, it has grown to more than `MOST_RATIO` times its packed size, records
            apart (`Unpacked.excuse`).
        EOFError, zlib.error, gzip.BadGzipFile: it is cut off or damaged.
    """
    if not raw.peek(1):
        raise EOFError
    return io.BufferedReader(Unpacked(raw, label), MIB)


def lines(stream: io.BufferedReader, label: str, wide: tuple[bytes, ...]) -> Iterator[str | Unreadable]:
    """Lines without their ends; bytes that are no UTF-8 become lone surrogates, refused with their row.

    A byte-order mark before any line is taken off, for files may have been put together of several. A line
    longer than `LONGEST_LINE` comes as unreadable, with its beginning; the rest of it is passed over.

    Raises:
        FixSource: the file begins with one of `wide`.
    """
    is_first = True
    while line := stream.readline(LONGEST_LINE):
        if is_first and line.startswith(wide):
            raise FixSource(
                f"{label} is marked as UTF-16 or UTF-32: ask the owner to deliver it again in UTF-8"
            )
        is_first = False
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            _pass_over(stream)
            yield Unreadable(Reason.TOO_LARGE, _text(line[:KEPT]))
        elif text := _text(line):
            yield text


def marks(text: str) -> int:
    """How many values a JSON text may hold, by its marks: counted before any of them is made."""
    return text.count(",") + text.count("[") + text.count("{")


def _pass_over(stream: io.BufferedReader) -> None:
    while (rest := stream.readline(MIB)) and not rest.endswith(b"\n"):
        pass


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape").rstrip("\r\n").lstrip(MARK)
