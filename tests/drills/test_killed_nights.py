"""A night killed at a failpoint, services and all, twice; the same command then ends it as if nothing was."""

import contextlib
import json
import sqlite3
import time

import psutil
import pytest

from tests.night import NEXT, House

FAILPOINTS = [
    "landing.before_data",
    "publish.after_write",
    "dispatch.after_claim",
    "dispatch.after_send",
]


def kill_everything(house: House, process) -> None:
    """SIGKILL the command, Airflow's services and their tasks, and the sandbox's servers."""
    pids = [process.pid, *json.loads((house.var / "airflow" / "pids.json").read_text())]
    pids.append(int((house.var / "sandbox" / "server.pid").read_text().split()[0]))
    doomed = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(pid)
            doomed += [leader, *leader.children(recursive=True)]
    for other in doomed:
        with contextlib.suppress(psutil.Error):
            other.kill()
    process.wait()


@pytest.mark.parametrize("name", FAILPOINTS)
def test_a_night_killed_twice_with_all_its_services_ends_as_an_undisturbed_one(name, undisturbed, tmp_path):
    house = House(tmp_path / "var")
    for n in (1, 2):
        process = house.start(OMNI_FAILPOINT=name, OMNI_FAILPOINT_TIMES=str(n))
        counter = house.var / "failpoints" / name
        end = time.monotonic() + 900
        try:
            while not (counter.exists() and counter.read_text() == str(n)):
                assert time.monotonic() < end, f"{name} was not reached"
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.05)
        finally:
            kill_everything(house, process)
    code, out = house.night()
    assert code == 0, out
    assert house.published() == undisturbed.published()
    sent = [m["message_id"] for m in house.received("smtp")]
    expected = {m["message_id"] for m in undisturbed.received("smtp")}
    assert len(sent) == len(set(sent)), "an e-mail left twice"
    unknown = sum(d.get("unknown", 0) for d in house.summary()["destinations"].values())
    assert set(sent) <= expected
    assert len(expected) - len(set(sent)) <= unknown
    assert {f["path"] for f in house.received("sftp")} == {f["path"] for f in undisturbed.received("sftp")}
    if name.startswith("dispatch."):
        assert unknown > 0
        assert_settled_by_the_next_night(house, expected)


def assert_settled_by_the_next_night(house: House, expected: set[str]) -> None:
    """The platform's own events settle what was unknown; what never arrived leaves then, once."""
    code, out = house.night(NEXT)
    assert code == 0, out
    with contextlib.closing(sqlite3.connect(house.var / "ledger.sqlite")) as db:
        states = dict(db.execute("select state, count(*) from messages group by state"))
    assert "unknown" not in states
    assert "claimed" not in states
    sent = [m["message_id"] for m in house.received("smtp")]
    assert len(sent) == len(set(sent)), "an e-mail left twice"
    assert expected <= set(sent)
