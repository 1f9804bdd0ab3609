"""End services by the sessions they lead: first the services themselves, then what they have left behind."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import psutil


def is_alive(leader: int) -> bool:
    """Whether an Airflow process is left in the group; a reused pid is not mistaken for one."""
    for process in psutil.process_iter(["cmdline", "status"]):
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == leader and _runs(process) and _is_airflow(process.info["cmdline"]):
                return True
    return False


def leads(pid: int, var: str) -> bool:
    """Whether this very process runs, and is Airflow's of the installation under `var`.

    Those it has started may outlive it, and its pid may be another installation's by now.
    """
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        is_airflow = process.status() != psutil.STATUS_ZOMBIE and _is_airflow(process.cmdline())
        return is_airflow and _is_of(process, var)
    return False


def leaders_of(var: str, listed: Collection[int] = ()) -> set[int]:
    """Sessions in which an installation still runs: those that its Airflow leads, and those `listed`.

    A service that a killed start had not listed is found; a listed pid that is somebody else's by now is not,
    nor is the session of the caller.
    """
    found = set()
    for process in psutil.process_iter(["cmdline", "status"]):
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            session = os.getsid(process.pid)
            if session in listed:
                may_be = _is_below(process, [session])
            else:
                may_be = session == process.pid and _runs(process) and _is_airflow(process.info["cmdline"])
            if may_be and session != os.getsid(0) and _is_of(process, var):  # last, for it reads much
                found.add(session)
    return found


def end(leaders: Sequence[int], patience: float) -> None:
    """Ask these services to end, kill what does not in time, then whatever their tasks have left."""
    alive = [pid for pid in leaders if is_alive(pid)]
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, sign)
        limit = time.monotonic() + patience
        while (alive := [pid for pid in alive if is_alive(pid)]) and time.monotonic() < limit:
            reap()
            time.sleep(0.1)
    _end_left_behind(leaders)


def reap() -> None:
    """Collect ended children, so that a dead group is seen as dead."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _end_left_behind(leaders: Sequence[int], patience: float = 5.0) -> None:
    """End what is still in the sessions: a task leads a group of its own, and dbt outlives its task."""
    left = [process for process in psutil.process_iter(["cmdline", "status"]) if _is_below(process, leaders)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    stubborn = psutil.wait_procs(left, timeout=patience)[1]
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=patience)


def _is_below(process: psutil.Process, leaders: Sequence[int]) -> bool:
    try:
        is_ours = _is_airflow(process.info["cmdline"]) or process.info["cmdline"][0] == sys.executable
        return is_ours and os.getsid(process.pid) in leaders and _runs(process)
    except ProcessLookupError:
        return False


def _is_airflow(command: Sequence[str]) -> bool:
    """Whether a command line says so; that of a process which just begins or ends is empty."""
    return not command or "airflow" in " ".join(command)


def _is_of(process: psutil.Process, var: str) -> bool:
    """Whether it was started for the installation under `var`, or writes a log there.

    A process that has set its title, as Airflow's API server does, shows its environment no more.
    """
    if process.environ().get("OMNI_VAR") == var:
        return True
    return any(Path(file.path).is_relative_to(Path(var).resolve()) for file in process.open_files())


def _runs(process: psutil.Process) -> bool:
    return bool(process.info["status"] != psutil.STATUS_ZOMBIE)
