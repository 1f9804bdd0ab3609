"""What services have started ends with them, however deep it lies."""

import os
import signal
import subprocess
import sys

import psutil

from ops import sessions

DEAF_CHILD = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)
LEADER = f"""# airflow
import os, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", {DEAF_CHILD!r}], process_group=0, stdout=subprocess.PIPE
)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_in_a_group_of_its_own_ends_with_the_service_that_started_it():
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    child = psutil.Process(int(leader.stdout.readline()))
    assert os.getpgid(child.pid) != leader.pid

    sessions.end([leader.pid], patience=5)

    assert leader.wait(5) == -signal.SIGTERM
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_processes_of_other_sessions_are_left_alone():
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        sessions.end([os.getpid() + 10**6], patience=1)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_service_whose_children_outlive_it_does_not_run(tmp_path):
    env = {**os.environ, "OMNI_VAR": str(tmp_path)}
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER], stdout=subprocess.PIPE, text=True, start_new_session=True, env=env
    )
    child = psutil.Process(int(leader.stdout.readline()))
    assert sessions.leads(leader.pid, str(tmp_path))
    assert not sessions.leads(leader.pid, "another installation")

    os.kill(leader.pid, signal.SIGSTOP)
    leader.kill()
    leader.wait(5)

    assert child.is_running() and not sessions.leads(leader.pid, str(tmp_path))
    assert sessions.leaders_of(str(tmp_path), [leader.pid]) == {leader.pid}, "what it has left is found"
    child.kill()


def test_a_service_that_nobody_has_listed_is_found_by_its_installation(tmp_path):
    mine, other = str(tmp_path / "mine"), str(tmp_path / "other")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", LEADER],
            stdout=subprocess.PIPE,
            env={**os.environ, "OMNI_VAR": var},
            start_new_session=True,
        )
        for var in (mine, other)
    ]
    try:
        assert all(process.stdout.readline() for process in started)
        assert sessions.leaders_of(mine) == {started[0].pid}
        listed = [process.pid for process in started]
        assert sessions.leaders_of(mine, listed) == {started[0].pid}, "a listed pid may be another's by now"
    finally:
        sessions.end([process.pid for process in started], patience=5)


def test_a_service_that_has_only_just_been_started_leads(tmp_path, monkeypatch):
    """For a moment after its start, a process shows neither its command line nor its environment."""
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: [])
    monkeypatch.setattr(psutil.Process, "environ", lambda _: {})
    with (tmp_path / "service.log").open("w") as log:
        service = subprocess.Popen(["sleep", "60"], stdout=log, start_new_session=True)
    try:
        assert sessions.leads(service.pid, str(tmp_path))
    finally:
        service.kill()
        service.wait()
    assert not sessions.leads(service.pid, str(tmp_path))


def test_a_service_that_hides_its_environment_is_known_by_its_log(tmp_path):
    without = {name: value for name, value in os.environ.items() if name != "OMNI_VAR"}
    with (tmp_path / "service.log").open("w") as log:
        service = subprocess.Popen(
            [sys.executable, "-c", "# airflow\nimport time; time.sleep(60)"],
            stdout=log,
            env=without,
            start_new_session=True,
        )
    try:
        assert sessions.leads(service.pid, str(tmp_path))
        assert sessions.leaders_of(str(tmp_path)) == {service.pid}
    finally:
        service.kill()
        service.wait()
