"""The receivers' own word: one JSON line for each thing accepted, on disk before the answer goes out."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class ReceivedLog:
    """Append-only `received/<system>.jsonl`. A torn last line (crash while writing) is cut off first:
    it was never answered, so it was never accepted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_torn_line()
        self.count = sum(1 for _ in self.lines())

    def append(self, *entries: Mapping[str, Any]) -> None:
        """Write each entry with its running number `received`, flushed and fsynced."""
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            for entry in entries:
                self.count += 1
                file.write(json.dumps({"received": self.count, **entry}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> Iterator[dict[str, Any]]:
        """Everything accepted so far, oldest first."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _cut_torn_line(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) != len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
