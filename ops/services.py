"""Airflow's own services on loopback, and the sandbox behind them: start, health, stop.

Everything started here leads a session of its own, is remembered in `var/airflow/pids.json`, and is
stopped by exactly that list, with what it has started in turn.
"""

import contextlib
import fcntl
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import httpx

from include import durable, strength
from include.errors import OmniError
from include.sandbox.access import free_port
from include.settings import ROOT, Settings
from ops import databases, interrupts, roster, sessions
from ops.airflow_api import AirflowApi, unhealthy
from ops.installation import METADATA, environment, home, password

STARTUP_SECONDS = 120
BEFORE_SCHEDULER = ("api-server", "metadatabase")
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b: ")  # the last line of a traceback


class ServiceFailed(Exception):
    """A service did not come up, or has ended; the message names its log."""


@dataclass(frozen=True)
class Services:
    """Running services: where their API is and how to log in."""

    settings: Settings
    port: int
    password: str

    @property
    def url(self) -> str:
        """Address of the Airflow UI and API."""
        return f"http://127.0.0.1:{self.port}"

    def api(self) -> AirflowApi:
        """A logged-in client of Airflow's public API."""
        return AirflowApi(self.url, "admin", self.password)


def migrate(settings: Settings) -> None:
    """Bring the ledger and Airflow's metadata database to the versions that are installed.

    Raises:
        ServiceFailed: a secret can be guessed, a database cannot be used, or `airflow db migrate` failed.
    """
    env = environment(settings, 0)
    try:
        strength.check(env)
        databases.prepare(settings, env[METADATA])
    except OmniError as error:
        raise ServiceFailed(str(error)) from None
    _run_once(settings, env, "db", "migrate")


def start(settings: Settings, port: int = 0) -> Services:
    """Start Airflow's services and wait until all are healthy; the database must have been migrated.

    An interrupted or failed start leaves nothing running.

    Raises:
        ServiceFailed: the port is taken, or a service ended or did not answer within two minutes.
    """
    stop(settings)
    _begin_logs(settings)
    folder = home(settings)
    port = _port(port)
    env = environment(settings, port)
    services = Services(settings, port, password(settings))
    try:
        for command in roster.commands():
            if roster.name_of(command) == "scheduler":
                # what a crash left running is scheduled at once, and a task without an API server fails
                _await_health(settings, services, BEFORE_SCHEDULER)
            _spawn(settings, env, command)
        _await_health(settings, services)
        durable.write_text(folder / "port", str(port))
        services.api().set_pools(roster.POOLS)
    except BaseException:
        with interrupts.patience():
            stop(settings)
        raise
    return services


def running(settings: Settings, patience: float = 30.0) -> Services | None:
    """The services that `start` left up, if they answer; a busy machine is given time for that."""
    end = time.monotonic() + patience
    while _alive(settings):
        with contextlib.suppress(OSError, ValueError, httpx.HTTPError):
            port = int((home(settings) / "port").read_text())
            services = Services(settings, port, password(settings))
            if not unhealthy(services.url):
                return services
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return None


def require_alive(settings: Settings) -> None:
    """See that every service that was started still runs.

    Raises:
        ServiceFailed: one has ended, which no health check notices for half a minute.
    """
    sessions.reap()
    for name, pid in zip(roster.SERVICES, _pids(settings), strict=False):
        if not sessions.leads(pid, str(settings.var)):
            raise ServiceFailed(f"Airflow's {name} has ended: see {_log(settings, name)}")


def _alive(settings: Settings) -> bool:
    """Whether every service that was started still runs."""
    leaders = _pids(settings)
    return bool(leaders) and all(sessions.leads(pid, str(settings.var)) for pid in leaders)


def _pids(settings: Settings) -> list[int]:
    path = home(settings) / "pids.json"
    with contextlib.suppress(FileNotFoundError, ValueError):  # release 0.2 could leave it empty in a crash
        return list(json.loads(path.read_text()))
    return []


def stop(settings: Settings, patience: float = 15.0) -> None:
    """Stop exactly what `start` started; kill what does not end in time.

    A start that was killed may have left a service that it had not listed yet.
    """
    sessions.end(sorted(sessions.leaders_of(str(settings.var), _pids(settings))), patience)
    (home(settings) / "pids.json").unlink(missing_ok=True)
    (home(settings) / "port").unlink(missing_ok=True)


def last_error(settings: Settings) -> str:
    """The last error in the API server's log since it was started, in one line, and where the log lies."""
    log = _log(settings, roster.SERVICES[0])
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    found = next((line.strip() for line in reversed(lines) if _ERROR.match(line)), "")
    return f"Its last error: {found[:300]} (see {log})" if found else f"See {log.parent}"


def _run_once(settings: Settings, env: dict[str, str], *command: str) -> None:
    """Run one Airflow command alone: one that outlived a killed start is waited for."""
    log = _log(settings, command[0])
    with log.open("ab") as out, (home(settings) / "command.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the child inherits it, and keeps it for as long as it lives
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            env=env,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            check=False,
            pass_fds=[lock.fileno()],
        )
    if done.returncode:
        raise ServiceFailed(f"`airflow {' '.join(command)}` failed: see {log}")


def _spawn(settings: Settings, env: dict[str, str], command: list[str]) -> None:
    name = roster.name_of(command)
    with interrupts.undivided(), _log(settings, name).open("ab") as out:  # what runs is in the list
        process = subprocess.Popen(
            [sys.executable, *command],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        durable.write_text(home(settings) / "pids.json", json.dumps([*_pids(settings), process.pid]))


def _await_health(
    settings: Settings, services: Services, awaited: Collection[str] = ("metadatabase", *roster.SERVICES)
) -> None:
    """Wait until each of these is healthy, in the order in which `unhealthy` looks at them."""
    end = time.monotonic() + STARTUP_SECONDS
    waiting = "api-server"
    while time.monotonic() < end:
        try:
            waiting = unhealthy(services.url)
        except httpx.HTTPError:
            waiting = "api-server"
        if waiting not in awaited:
            return
        sessions.reap()
        if not _alive(settings):
            raise ServiceFailed(
                f"An Airflow service ended while starting: see {_log(settings, waiting).parent}"
            )
        time.sleep(0.25)
    raise ServiceFailed(f"{waiting} did not become healthy: see {_log(settings, waiting)}")


def _begin_logs(settings: Settings) -> None:
    """Let each service begin a log; that of the start before is kept beside it."""
    for name in roster.SERVICES:
        log = _log(settings, name)
        with contextlib.suppress(FileNotFoundError):
            log.replace(log.with_suffix(".log.1"))


def _log(settings: Settings, service: str) -> Path:
    path = settings.var / "logs" / "services" / f"{service}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _port(asked: int) -> int:
    """The port asked for, or a free one if that is 0."""
    if not asked:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", asked))
        except OSError as error:
            raise ServiceFailed(
                f"Port {asked} cannot be used ({error.strerror}): stop what listens there, "
                "or choose another: make up PORT=8081"
            ) from None
    return asked
