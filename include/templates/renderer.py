"""Write messages from templates: safely, and fast enough to do it once per message.

One worker process is kept for many messages and replaced when it has died. What it dies of says who must act:
its own limits are the template's fault; a signal from outside says nothing about any template.
"""

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from include.errors import FixDeclaration, RetryLater
from include.settings import ROOT

FOLDER = Path(__file__).parent
WORKER = FOLDER / "worker.py"
PARTS = ("subject", "txt", "html")
MEMORY = 256 * 1024 * 1024
# On the wall, for all parts of a message; less than a claim's lease, so that it can be put back in time.
ANSWER_SECONDS = 20.0
FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
LONG_STEP = "used more processor time than a template may, in one long step"


class Unrenderable(Exception):
    """A template could not be rendered with this context: file, line and cause, without values."""


class NotRendered(RetryLater):
    """The worker gave no answer for a reason outside of the template; nothing is known about it."""


class _Killed(NotRendered):
    """A signal from outside ended the worker."""


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
        self._folder = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
        self._sources = sources(folder)
        self._limits = {"max_bytes": max_bytes, "memory": MEMORY, "seconds": seconds}
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
            Unrenderable: a template is wrong, takes too long or grows too large.
            FixDeclaration: the templates do not compile.
            NotRendered: the worker was killed twice, or had no answer in time: the machine is in trouble.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        names = {part: self._name(journey, step, channel, part) for part in PARTS}
        return {part: self._text(name, context, deadline) for part, name in names.items()}

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

    def _text(self, template: str, context: Mapping[str, Any], deadline: float) -> str:
        request = {"template": template, "context": dict(context)}
        try:
            reply = self._exchange(self._worker or self._start(deadline), request, deadline)
        except _Killed:
            reply = self._exchange(self._start(deadline), request, deadline)
        if "error" in reply:
            raise Unrenderable(self._located(reply["error"]))
        return str(reply["text"])

    def _start(self, deadline: float) -> subprocess.Popen[bytes]:
        """Start a worker with an empty environment, and wait until it has compiled the templates."""
        try:
            worker = subprocess.Popen(
                [sys.executable, "-I", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PYTHONIOENCODING": "utf-8"},
                bufsize=0,
            )
        except OSError as error:
            raise NotRendered(f"no process could be started to render templates: {error.strerror}") from error
        self._worker = worker
        reply = self._exchange(worker, {"sources": self._sources, **self._limits}, deadline)
        if reply["errors"]:
            self.close()
            raise FixDeclaration("\n".join(self._located(error) for error in reply["errors"]))
        return worker

    def _exchange(
        self, worker: subprocess.Popen[bytes], request: Mapping[str, Any], deadline: float
    ) -> dict[str, Any]:
        """One request and its one-line answer; without one, the worker is ended and the cause raised."""
        with suppress(OSError):  # then it has died, and reading says so
            _write(worker, request)
        if line := _read_line(worker, deadline):
            return dict(json.loads(line))
        code = _return_code(worker) if time.monotonic() < deadline else None
        self.close()
        raise self._no_answer(code, request.get("template"))

    def _no_answer(self, code: int | None, template: str | None) -> Exception:
        """What it means that a worker ended with this code (None: it did not end)."""
        if code is None:
            return NotRendered(f"no answer from the process that renders templates within {ANSWER_SECONDS} s")
        if -code in FROM_OUTSIDE:
            return _Killed(f"the process that renders templates was ended by {signal.Signals(-code).name}")
        if template is None and -code == signal.SIGXCPU:
            return FixDeclaration(f"{self._folder}: a template {LONG_STEP}, while it was compiled")
        if template is None:
            return NotRendered(f"the process that renders templates ended with {code} before it was ready")
        said = LONG_STEP if -code == signal.SIGXCPU else f"ended the process that renders it, with {code}"
        return Unrenderable(self._located({"template": template, "line": None, "said": said}))

    def _located(self, error: Mapping[str, Any]) -> str:
        """`include/templates/<template>, line <n>: <what is wrong>`."""
        line = f", line {error['line']}" if error["line"] else ""
        return f"{self._folder / error['template']}{line}: {error['said']}"


def _write(worker: subprocess.Popen[bytes], value: Mapping[str, Any]) -> None:
    assert worker.stdin is not None
    data = memoryview((json.dumps(value) + "\n").encode())
    while data:
        data = data[worker.stdin.write(data) :]


def _return_code(worker: subprocess.Popen[bytes]) -> int | None:
    """The return code of a worker whose output has ended; None if it has not died within a second."""
    try:
        return worker.wait(1)
    except subprocess.TimeoutExpired:
        return None


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
