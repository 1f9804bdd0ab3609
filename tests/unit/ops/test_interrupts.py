"""An interrupt ends a command, and breaks nothing halfway."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from include.settings import Settings
from ops import installation, interrupts, services

AS_OF_MAKE_UP = """
import os, signal, sys
from ops import interrupts
interrupts.end_as_interrupted()
try:
    with interrupts.{how}():
        for _ in range(2):
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        print("whole", flush=True)
    print("went on", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
LASTING = ["-c", "import time; time.sleep(60)", "airflow", "scheduler"]


@pytest.fixture
def as_interrupted():
    before = {sign: signal.getsignal(sign) for sign in interrupts.INTERRUPTS}
    interrupts.end_as_interrupted()
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_being_terminated_is_being_interrupted(as_interrupted, sign):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), sign)
        time.sleep(5)


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(
    ("how", "told"), [("patience", "whole\nwent on\n"), ("undivided", "whole\ninterrupted\n")]
)
def test_what_must_be_whole_is_done_before_an_interrupt_counts(sign, how, told):
    code = AS_OF_MAKE_UP.format(how=how)
    done = subprocess.run([sys.executable, "-c", code, sign], capture_output=True, text=True, check=True)
    assert done.stdout == told


def test_a_service_that_an_interrupt_met_at_its_birth_is_known_and_stopped(
    as_interrupted, tmp_path, monkeypatch
):
    """The terminal closes between the start of a process and the writing of its number."""
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)
            os.kill(os.getpid(), signal.SIGHUP)

    house = Settings(var=tmp_path)
    environment = installation.environment(house, 0)
    monkeypatch.setattr(services.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        services._spawn(house, environment, LASTING)
    (service,) = started
    listed = json.loads((installation.home(house) / "pids.json").read_text())
    services.stop(house)
    assert listed == [service.pid]
    assert service.wait(5) == -signal.SIGTERM, "it is not deaf to being ended"
