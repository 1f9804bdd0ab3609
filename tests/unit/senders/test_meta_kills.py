"""Killed by SIGKILL at each point of a hand-over twice, and said again: one audience, the right members."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from include.connections import Connection
from include.senders import meta_audience
from include.settings import ROOT
from tests.fixtures.adplatform import META, ad_platform
from tests.unit.senders.test_meta_audience import batch, person

SOURCE = Path(meta_audience.__file__).read_text()
POINTS = sorted(set(re.findall(r'failpoint\("([a-z_.]+)"\)', SOURCE)))


def send(fields: dict) -> None:
    """What dies: one batch to the audience called as its failpoint."""
    os.environ["OMNI_FAILPOINT"] = fields["name"]
    with meta_audience.connect(META, Connection(**fields["connection"]), 5) as transport:
        meta_audience.send(transport, batch(fields["name"], [person(1), person(2)]))


def main() -> None:
    """Fork a child per try until one ends well, and tell how the others ended."""
    for line in sys.stdin:
        ends = []
        while not ends or ends[-1] != 0:
            child = os.fork()
            if child == 0:
                send(json.loads(line))
                os._exit(0)
            ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(json.dumps(ends), flush=True)


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    with ad_platform(tmp_path_factory.mktemp("ads")) as running:
        yield running


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    environment = {"OMNI_FAILPOINT_TIMES": "2", "OMNI_VAR": str(tmp_path_factory.mktemp("var"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.senders.test_meta_kills"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    yield process
    process.communicate()


def test_there_are_points_to_die_at():
    assert {"sync.after_audience", "sync.after_create", "sync.after_answer"} <= set(POINTS)


@pytest.mark.parametrize("name", POINTS)
def test_a_hand_over_that_dies_twice_ends_right_when_said_again(vendor, mortal, name):
    told = {"name": name, "connection": vars(vendor.connection())}
    mortal.stdin.write(json.dumps(told) + "\n")
    mortal.stdin.flush()
    ends = json.loads(mortal.stdout.readline())

    # once made, an audience is found: its making is passed no second time
    times = 1 if name == "sync.after_create" else 2
    assert ends == [-signal.SIGKILL] * times + [0]
    made = [line for line in vendor.lines() if line["audience"] == name and line["operation"] == "create"]
    assert len(made) == 1 and set(vendor.members(name)) == {"c1", "c2"}


if __name__ == "__main__":
    main()
