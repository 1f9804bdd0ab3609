"""Whole nights killed at a random moment; the same command once more ends each as if nothing had been.

The seed is printed; `DRILL_SEED` repeats one, `DRILL_NIGHTS` says how many nights (20), half of them by
`make nightly` and half under `make up`.
"""

import contextlib
import os
import random
import secrets
import signal
import subprocess
import time

import psutil
import pytest

from tests.kept import DAGS, Kept
from tests.killing import ORDERS, YESTERDAY, assert_as_undisturbed, kill, processes
from tests.night import House

PEOPLE = 300
SEED = os.environ.get("DRILL_SEED") or str(secrets.randbelow(10**6))
NIGHTS = range(int(os.environ.get("DRILL_NIGHTS", "20")))
HANGS = 400  # seconds after which a person gives up and presses Ctrl-C
ALONE = range(int(os.environ.get("DRILL_ALONE", "6")))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A house after one good night, and how many seconds it took."""
    house, began = House(tmp_path_factory.mktemp("undisturbed") / "var", PEOPLE), time.monotonic()
    code, out = house.night(YESTERDAY)
    assert code == 0, out
    return house, time.monotonic() - began


@pytest.mark.parametrize("number", NIGHTS)
def test_a_night_killed_at_a_random_moment_needs_the_same_command_once_more(number, undisturbed, tmp_path):
    chance = random.Random(f"{SEED}/{number}")
    order, moment = ORDERS[number // 2 % 3], chance.uniform(2, 0.85 * undisturbed[1])
    is_kept = bool(number % 2)
    print(f"DRILL_SEED={SEED} night {number}: {'up' if is_kept else 'nightly'}, {order}, at {moment:.1f} s")
    kept = Kept(tmp_path / "var", PEOPLE, nights=1)
    try:
        (under_scheduler if is_kept else by_command)(kept, order, moment, chance)
        assert_as_undisturbed(kept.house, undisturbed[0])
    finally:
        kept.command("down")


def by_command(kept, order, moment, chance):
    """`make nightly`, killed, and once more."""
    kill_after(moment, kept, kept.house.start(YESTERDAY), order, chance)
    code, out = kept.house.night(YESTERDAY)
    assert code == 0, out


def under_scheduler(kept, order, moment, chance):
    """`make up`, killed as it starts or in the night that it runs, and once more within seconds."""
    kill_after(moment, kept, kept.start_up(), order, chance)
    code, said = kept.up()
    assert code == 0, said
    kept.await_that("the report", lambda: kept.ended("report_results", kept.nights[0]))
    runs = {dag: kept.api().run_of(dag, kept.nights[0])["dag_run_id"] for dag in DAGS}
    states = {task["state"] for dag, run in runs.items() for task in kept.api().tasks(dag, run)}
    assert states <= {"success", "skipped"}, states


def kill_after(moment, kept, process, order, chance):
    """Kill all that the command has started, whether it still runs or has left a night to the scheduler."""
    time.sleep(moment)
    count = kill(kept.house, order, chance)
    process.communicate()
    print(f"killed {count} processes")
    assert count, "the night had ended before"


@pytest.mark.parametrize("number", ALONE)
def test_one_process_killed_alone_needs_the_same_command_once_more_at_most(number, undisturbed, tmp_path):
    """Any one process of a night: a service, a worker, a task, dbt, the sandbox, its database."""
    chance = random.Random(f"{SEED}/alone/{number}")
    house, moment = House(tmp_path / "var", PEOPLE), chance.uniform(10, 0.6 * undisturbed[1])
    process = house.start(YESTERDAY)
    time.sleep(moment)
    running = processes(house)
    assert running, "the night had ended before"
    victim = chance.choice(running)
    with contextlib.suppress(psutil.Error):  # it may just have ended
        print(f"DRILL_SEED={SEED} alone {number}, at {moment:.1f} s: {' '.join(victim.cmdline())[-100:]}")
        victim.kill()
    try:
        out, _ = process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # as a person would
        out, _ = process.communicate(timeout=120)
    print(f"exit code {process.returncode}")
    if process.returncode:
        print(out)
        code, out = house.night(YESTERDAY)
        assert code == 0, out
    assert_as_undisturbed(house, undisturbed[0])
