"""Start, stop, ask and move on the sandbox from another process."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psutil

from include.sandbox.access import control, open_doors, read_doors
from include.sandbox.parameters import SandboxError, read_world, settle_world, write_world
from include.sandbox.processes import end, runs
from include.sandbox.servers.postgres import stop_leftover
from include.settings import ROOT, Settings

START_SECONDS = 900.0
STARTER = "SANDBOX_STARTER"  # who waits for the server process to become healthy


@dataclass(frozen=True)
class Status:
    """Whether the sandbox runs and is healthy, and the last day it shows (None: there is no world yet)."""

    is_running: bool
    is_healthy: bool
    date: date | None


def start(
    settings: Settings, people: int | None = None, seed: int | None = None,
    first_date: date | None = None, orders: Path | None = None,
) -> None:  # fmt: skip
    """Bring all systems up and return once they are healthy; what ran before is replaced.

    None: as it was, or the default (2,000 people, seed 7, 2026-03-15; with `orders` that file's last
    day). A failed or interrupted start leaves nothing running.

    Raises:
        SandboxError: another world stands there already, or a system did not come up.
    """
    world = settle_world(
        settings, {"people": people, "seed": seed, "first_date": first_date, "orders": orders}
    )
    stop(settings)
    write_world(settings, world)
    open_doors(settings)
    try:
        _await_health(settings, _spawn(settings))
    except BaseException:
        stop(settings)
        raise


def stop(settings: Settings) -> None:
    """Stop the sandbox and wait; whatever a crash left of it is ended too."""
    pid_file = settings.sandbox / "server.pid"
    process = _supervisor(settings)
    if process is not None:
        end(process, signal.SIGTERM, 20)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    stop_leftover(settings.sandbox.resolve() / "postgres")
    pid_file.unlink(missing_ok=True)


def status(settings: Settings) -> Status:
    """How the sandbox is."""
    world = read_world(settings)
    today = world.date if world else None
    if _supervisor(settings) is None:
        return Status(False, False, today)
    try:
        health = _ask(settings, "GET", "/health")
    except SandboxError:
        return Status(True, False, today)
    return Status(True, bool(health["is_healthy"]), date.fromisoformat(health["date"]))


def advance(settings: Settings, day: date) -> date:
    """Let days pass until the end of `day`, never back; the day the company then stands at.

    Raises:
        SandboxError: the sandbox does not run, or a day could not be made.
    """
    return date.fromisoformat(_ask(settings, "POST", "/advance", {"date": day.isoformat()})["date"])


def set_fault(settings: Settings, system: str, kind: str, **values: Any) -> None:
    """Switch a fault on (see `include.sandbox.faults`); `from` of a renamed column is given as `column`."""
    if "column" in values:
        values["from"] = values.pop("column")
    _ask(settings, "POST", "/faults", {"system": system, "kind": kind, **values})


def clear_faults(settings: Settings) -> None:
    """Switch all faults off."""
    _ask(settings, "DELETE", "/faults")


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | _told(settings)
    with _log(settings).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *_command(settings)],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    (settings.sandbox / "server.pid").write_text(f"{process.pid}\n")
    return process


def _command(settings: Settings) -> list[str]:
    """What the server runs as; the folder is there to know one sandbox's server from another's."""
    return ["-m", "include.sandbox", "serve", str(settings.sandbox.resolve())]


def _told(settings: Settings) -> dict[str, str]:
    """The settings that the server process needs, as its environment."""
    return {
        "OMNI_VAR": str(settings.var.resolve()),
        "OMNI_TIME_ZONE": settings.time_zone,
        "OMNI_CURRENCY": settings.currency,
        STARTER: str(os.getpid()),
    }


def _await_health(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise SandboxError(f"the sandbox ended while starting:\n{_last_words(settings)}")
        with contextlib.suppress(SandboxError):
            if _ask(settings, "GET", "/health")["is_healthy"]:
                return
        time.sleep(0.05)
    raise SandboxError(f"the sandbox did not become healthy: see {_log(settings)}")


def _ask(settings: Settings, method: str, path: str, body: Any = None) -> dict[str, Any]:
    try:
        known = control(read_doors(settings))
        headers = {"Authorization": f"Bearer {known['token']}"}
        answer = httpx.request(
            method,
            f"{known['url']}/control{path}",
            json=body,
            headers=headers,
            timeout=START_SECONDS,
            trust_env=False,
        )
    except (httpx.TransportError, FileNotFoundError) as error:
        raise SandboxError("the sandbox does not answer; start it with: make up") from error
    if answer.is_error:
        raise SandboxError(f"the sandbox refused {method} {path}: {answer.text[:500]} (see {_log(settings)})")
    return dict(answer.json())


def _supervisor(settings: Settings) -> psutil.Process | None:
    """The server process that the pid file names, if it is really one of ours."""
    try:
        process = psutil.Process(int((settings.sandbox / "server.pid").read_text()))
        is_ours = _command(settings) == process.cmdline()[1:] and runs(process)
    except (OSError, ValueError, psutil.Error):
        return None
    return process if is_ours else None


def _log(settings: Settings) -> Path:
    return settings.sandbox / "server.log"


def _last_words(settings: Settings) -> str:
    return _log(settings).read_text(errors="replace")[-2000:]
