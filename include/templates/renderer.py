"""Write messages from templates: safely, and fast enough to do it once per message.

One worker process is kept for many messages and replaced when it takes too long.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.errors import FixDeclaration

FOLDER = Path(__file__).parent
WORKER = FOLDER / "worker.py"
PARTS = ("subject", "txt", "html")
MEMORY = 256 * 1024 * 1024
ANSWER_SECONDS = 20.0  # on the wall, for a busy machine; processor time is limited in the worker


class Unrenderable(Exception):
    """A template could not be rendered with this context: what it said, without its values."""


def sources(folder: Path = FOLDER) -> dict[str, str]:
    """All templates by their path below the folder.

    Raises:
        FixDeclaration: there is none.
    """
    found = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.j2"))
    }
    if not found:
        raise FixDeclaration(f"{folder}: no templates (*.j2)")
    return found


class Renderer:
    """A worker and the templates it knows. Use as a context manager."""

    def __init__(self, folder: Path = FOLDER, seconds: float = 1.0, max_bytes: int = 512 * 1024) -> None:
        self._sources = sources(folder)
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has(self, journey: str, step: str, channel: str) -> bool:
        """Whether there is a template for this step on this channel."""
        return self._name(journey, step, channel, "subject") in self._sources

    def render(self, journey: str, step: str, channel: str, context: Mapping[str, Any]) -> dict[str, str]:
        """The parts of one message: subject, txt, html.

        Args:
            context: plain values only (text, numbers, lists, mappings); they are never templates.

        Raises:
            Unrenderable: something is missing, it takes too long or grows too large.
        """
        templates = {part: self._name(journey, step, channel, part) for part in PARTS}
        reply = self._ask({"templates": templates, "context": dict(context)})
        if "error" in reply:
            raise Unrenderable(reply["error"])
        return dict(reply["parts"])

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()

    def _name(self, journey: str, step: str, channel: str, part: str) -> str:
        """`<journey>/<step>/<channel>.<part>.j2` where a step has its own, else the journey's."""
        own = f"{journey}/{step}/{channel}.{part}.j2"
        return own if own in self._sources else f"{journey}/{channel}.{part}.j2"

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        worker = self._worker or self._start()
        reply = self._exchange(worker, request)
        if reply is None:
            self.close()
            raise Unrenderable(f"no answer within {ANSWER_SECONDS} s, or the worker died")
        return reply

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a worker with an empty environment, and wait until it has compiled the templates."""
        worker = subprocess.Popen(
            [sys.executable, "-I", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONIOENCODING": "utf-8"},
            bufsize=0,
        )
        self._worker = worker
        limits = {"max_bytes": self._max_bytes, "memory": MEMORY, "seconds": self._seconds}
        self._write(worker, {"sources": self._sources, **limits})
        if self._exchange(worker, {"templates": {}, "context": {}}) is None:
            self.close()
            raise FixDeclaration("the templates do not compile: run the template tests")
        return worker

    def _exchange(self, worker: subprocess.Popen[bytes], request: Mapping[str, Any]) -> dict[str, Any] | None:
        """One request and its one-line answer; None if none came in time."""
        try:
            self._write(worker, request)
            line = _read_line(worker, time.monotonic() + ANSWER_SECONDS)
        except OSError:
            return None
        return json.loads(line) if line else None

    def _write(self, worker: subprocess.Popen[bytes], value: Mapping[str, Any]) -> None:
        assert worker.stdin is not None
        data = memoryview((json.dumps(value) + "\n").encode())
        while data:
            data = data[worker.stdin.write(data) :]


def _read_line(worker: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Bytes up to a line's end before the deadline; empty if it does not come."""
    assert worker.stdout is not None
    line = b""
    poll = select.poll()
    poll.register(worker.stdout, select.POLLIN | select.POLLHUP)
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        chunk = worker.stdout.read(65536) if left > 0 and poll.poll(left * 1000) else b""
        if not chunk:
            return b""
        line += chunk
    return line
