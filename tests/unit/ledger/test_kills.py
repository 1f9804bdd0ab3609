"""Killed by SIGKILL at each failpoint twice, the same step ends the work: nothing twice, nothing lost.

All with the ledger in SQLite; in PostgreSQL those before a commit, where it is the server that must let go of
what a killed process held. After a commit both hold the same rows, and the rest is not the ledger's.
"""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from include.ledger.messages import plan
from include.ledger.settle import settle
from include.settings import ROOT, Settings
from tests.fixtures.published import decision, event, freshness, point, publish
from tests.fixtures.receivers import mailhouse, relay, twice
from tests.fixtures.steps import Steps
from tests.unit.ledger.audiences import EXPOSURE, SYNC
from tests.unit.ledger.conftest import D, messages

PEOPLE = [point(f"c{n}", f"c{n}@example.com") for n in range(4)]
DECLARED = {
    name
    for folder in ("ledger", "senders")
    for path in (ROOT / "include" / folder).rglob("*.py")
    # drilled elsewhere: tests/unit/senders/test_meta_kills.py, tests/warehouse/test_withdraw_kills.py,
    # tests/unit/ledger/test_hash_keys.py, tests/unit/retention/test_kills.py
    if path.name not in ("meta_audience.py", "withdrawn.py", "hashes.py", "pruning.py")
    for name in re.findall(r'failpoint\("([a-z_.]+)"\)', path.read_text())
}
MESSAGE_POINTS = sorted(name for name in DECLARED if name.startswith(("plan_messages.", "dispatch.")))
SETTLE_POINTS = sorted(name for name in DECLARED if name.startswith("settle."))
SYNC_POINTS = sorted(name for name in DECLARED if name.startswith(("plan_sync.", "sync.")))
# Passed once at most: the work is done, or found done, when the step is run again.
ONCE = {"sync.after_send", "sync.after_file", "sync.after_acknowledge", "sync.after_release"}
HELD_BY_THE_SERVER = {name for name in DECLARED if re.search(r"\.before_(?!send|rename)", name)}
# Reached only where an earlier crash has left something in flight that did not arrive.
AFTER_A_CRASH = {"sync.before_release", "sync.after_release"}


def kill_twice_then_finish(run, steps, var, failpoint):
    """Run the steps until all have ended well; how often one was killed."""
    killed = 0
    for step, connection in steps:
        while True:
            code, said = run(step, var, connection, OMNI_FAILPOINT=failpoint, OMNI_FAILPOINT_TIMES="2")
            if code == 0:
                break
            assert code == -signal.SIGKILL, said
            killed += 1
    return killed


def house(folder: Path, ledger_url: str) -> Settings:
    return Settings(var=folder / "var", ledger_url=ledger_url, clock="sandbox", lease=2.5, client_timeout=1.5)


def drill_messages(run, folder: Path, ledger_url: str, failpoint: str) -> None:
    settings = house(folder, ledger_url)
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=[decision(p, D) for p in PEOPLE])
    with relay(folder) as server:
        steps = [("plan", None)]
        if failpoint.startswith("dispatch."):
            plan(settings, D)
            steps = [("dispatch", server.connection())]
        if failpoint.endswith("_unknown"):
            run("dispatch", settings.var, server.connection(), OMNI_FAILPOINT="dispatch.after_claim")
        assert kill_twice_then_finish(run, steps, settings.var, failpoint) == 2
        if failpoint.startswith("plan_messages."):
            run("dispatch", settings.var, server.connection())
        assert twice(server.ids) == []
        if settle_from(settings, server):
            run("dispatch", settings.var, server.connection())
        assert twice(server.ids) == []
        assert sorted(server.ids) == sorted(row["message_id"] for row in messages(settings))


def settle_from(settings, server):
    """What it did not log is unknown; its events settle all, what it never saw (told) is planned again."""
    rows = messages(settings)
    assert {row["state"] for row in rows} <= {"confirmed", "unknown"}
    unseen = {row["message_id"] for row in rows} - set(server.ids)
    unknown = {row["message_id"] for row in rows if row["state"] == "unknown"}
    assert unseen <= unknown and len(unknown) <= 2 + 1
    publish(
        settings,
        D + timedelta(days=1),
        dim_contact_points=PEOPLE,
        fct_message_events=[event(message_id, "accepted") for message_id in server.ids],
        rpt_channel_freshness=[freshness(D + timedelta(days=1))],
    )
    settle(settings, D)
    after = {row["message_id"]: row["state"] for row in messages(settings)}
    assert {m for m, state in after.items() if state == "planned"} == unseen
    assert {m for m, state in after.items() if state == "confirmed"} == set(server.ids)
    return unseen


def drill_sync(run, folder: Path, ledger_url: str, failpoint: str) -> None:
    settings = house(folder, ledger_url)
    rows = [{"audience": "lapsed_buyers", "customer_id": p["customer_id"], "entered_date": D} for p in PEOPLE]
    publish(settings, D, dim_contact_points=PEOPLE, fct_audience_membership=rows)
    (settings.var / "audiences").mkdir()
    (settings.var / "audiences" / "aud_lapsed_buyers.yml").write_text(EXPOSURE)
    with mailhouse(folder) as server:
        if failpoint in AFTER_A_CRASH:
            run(SYNC, settings.var, server.connection(), OMNI_FAILPOINT="sync.before_send")
        steps = [(SYNC, server.connection())]
        assert kill_twice_then_finish(run, steps, settings.var, failpoint) == (1 if failpoint in ONCE else 2)
        assert twice(server.names) == []
        names = [name for name in server.files if not name.endswith(".part")]
        assert sorted(server.names) == names and len(names) == 2
        before = server.log.lines()
        assert run(SYNC, settings.var, server.connection())[0] == 0
        assert server.log.lines() == before
        lines = server.files[names[0]].decode().splitlines()
        assert [line.split(",")[1] for line in lines[1:]] == [f'"c{n}"' for n in range(4)]


def drill_settle(run, folder: Path, ledger_url: str, failpoint: str) -> None:
    settings = house(folder, ledger_url)
    publish(settings, D, dim_contact_points=PEOPLE[:1], fct_message_decisions=[decision(PEOPLE[0], D)])
    plan(settings, D)
    with relay(folder) as server:
        server.behave = lambda number: "drop"
        assert run("dispatch", settings.var, server.connection())[0] == 0
        assert [row["state"] for row in messages(settings)] == ["unknown"]
        publish(settings, D + timedelta(days=1), fct_message_events=[event(server.ids[0], "delivered")])
    assert kill_twice_then_finish(run, [("settle", None)], settings.var, failpoint) == 2
    assert [row["state"] for row in messages(settings)] == ["confirmed"]


DRILLS = [
    *((drill_messages, name) for name in MESSAGE_POINTS),
    *((drill_sync, name) for name in SYNC_POINTS),
    *((drill_settle, name) for name in SETTLE_POINTS),
]


def test_every_declared_failpoint_has_its_drill():
    assert {name for _, name in DRILLS} == DECLARED
    assert len(HELD_BY_THE_SERVER) >= 8
    assert len(DECLARED) >= 20


RUNS = [
    *(("sqlite", drill, name) for drill, name in DRILLS),
    *(("postgresql", drill, name) for drill, name in DRILLS if name in HELD_BY_THE_SERVER),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory, postgres):
    """All drills, several at a time: they mostly wait for leases."""
    steps, running = Steps(), {}
    with ThreadPoolExecutor(8) as pool:
        for engine, drill, name in RUNS:
            url = postgres.create(name) if engine == "postgresql" else ""
            run = partial(steps.run, OMNI_LEDGER_URL=url)
            running[engine, name] = pool.submit(drill, run, tmp_path_factory.mktemp("drill"), url, name)
        yield running
    steps.close()


@pytest.mark.parametrize(("engine", "name"), [(engine, name) for engine, _, name in RUNS])
def test_killed_there_twice_nothing_goes_twice_and_nothing_is_lost(results, engine, name):
    results[engine, name].result()
