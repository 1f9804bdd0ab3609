"""Start, stop, restart, advance; what a crash or an interrupt leaves behind: nothing."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest

from include import sandbox
from include.settings import ROOT, Settings
from tests.unit.sandbox.conftest import connect
from tests.unit.sandbox.servers_world import FIRST, lay_down
from tests.unit.sandbox.test_servers_bucket import bucket, events
from tests.unit.sandbox.test_servers_sftp import session, upload
from tests.unit.sandbox.test_servers_stores import ask

NEXT = date(2026, 3, 16)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A folder with the hand-made world in it; whatever runs there is stopped in the end."""
    settings = Settings(var=tmp_path / "var", clock="sandbox")
    lay_down(settings.sandbox)
    yield settings
    sandbox.stop(settings)


def start(settings: Settings) -> None:
    sandbox.start(settings, people=40, seed=3, first_date=FIRST)


def left(settings: Settings) -> list[str]:
    """Command lines of processes that belong to this folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(settings.sandbox) in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


def assert_nothing_is_left(settings: Settings) -> None:
    end = time.monotonic() + 15
    while left(settings) and time.monotonic() < end:
        time.sleep(0.1)
    assert left(settings) == []


def spawn(settings: Settings) -> subprocess.Popen[bytes]:
    """`python -m include.sandbox start`, once its server process is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "include.sandbox", "start", "--people", "40", "--seed", "3"],
        cwd=ROOT,
        env=os.environ | {"OMNI_VAR": str(settings.var), "PYTHONPATH": str(ROOT)},
        # a shell that runs the tests in the background makes them, and all below them, deaf to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not (settings.sandbox / "server.pid").exists():
        time.sleep(0.01)
    return process


def test_an_advance_shows_the_next_day_and_a_restart_keeps_it_all(settings):
    start(settings)
    before = connect(settings)
    assert sandbox.advance(settings, NEXT) == NEXT
    assert sandbox.advance(settings, FIRST) == NEXT, "it went back"
    with session(before) as client:
        upload(client, "/incoming/kept.csv")
    assert_shows_the_next_day(before)
    sandbox.stop(settings)
    assert_nothing_is_left(settings)

    sandbox.start(settings)

    after = connect(settings)
    assert after.connections == before.connections
    assert [line["path"] for line in after.received("sftp")] == ["/incoming/kept.csv"]
    assert sandbox.status(settings) == sandbox.Status(True, True, NEXT)
    assert_shows_the_next_day(after)


def assert_shows_the_next_day(servers) -> None:
    assert "o099" in {row["order_id"] for row in servers.get("/shop/orders").json()["data"]}
    assert ask(servers, "select total_amount::int from receipts where receipt_id = 'r2'") == [(99,)]
    assert ask(servers, "select count(*) from receipts") == [(14,)]
    assert [row["event_id"] for row in events(servers, "2026-03-16")] == ["e90"]
    assert len(bucket(servers).glob("shop-events/web_events/*/events.ndjson.gz")) == 16


def test_secrets_are_for_their_owner_alone(servers):
    for name in ("connections.json", "control.json", "doors.json", "sftp_host_key"):
        assert stat.S_IMODE((servers.settings.sandbox / name).stat().st_mode) == 0o600, name


def test_another_world_over_a_standing_one_is_refused_with_what_to_do(servers):
    with pytest.raises(sandbox.SandboxError, match=r"seed 3 \(asked: 4\).*delete .*var.* to start afresh"):
        sandbox.start(servers.settings, people=40, seed=4)
    assert sandbox.status(servers.settings).is_healthy
    assert json.loads((servers.settings.sandbox / "world.json").read_text())["seed"] == 3


def test_what_a_crash_left_is_found_and_replaced(settings):
    start(settings)
    crashed = int((settings.sandbox / "server.pid").read_text())
    os.kill(crashed, signal.SIGKILL)
    while psutil.Process(crashed).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)
    assert any("postgres" in line for line in left(settings))

    start(settings)

    assert int((settings.sandbox / "server.pid").read_text()) != crashed
    assert ask(connect(settings), "select count(*) from receipts") == [(13,)]
    sandbox.stop(settings)
    assert_nothing_is_left(settings)


@pytest.mark.parametrize(
    ("number", "wait"),
    [(signal.SIGTERM, 0.0), (signal.SIGINT, 0.3), (signal.SIGKILL, 0.0), (signal.SIGKILL, 0.3)],
)
def test_an_interrupted_start_leaves_nothing_running(settings, number, wait):
    process = spawn(settings)
    time.sleep(wait)
    process.send_signal(number)

    assert process.wait(30) != 0
    assert_nothing_is_left(settings)


def test_a_copied_folder_is_a_sandbox_of_its_own(settings, tmp_path):
    start(settings)
    copy = Settings(var=tmp_path / "copy", clock="sandbox")
    shutil.copytree(settings.var, copy.var)
    try:
        start(copy)
        assert sandbox.status(settings).is_healthy
        assert (
            connect(copy).connections["stores_db"]["port"]
            != connect(settings).connections["stores_db"]["port"]
        )
        assert ask(connect(copy), "select count(*) from receipts") == [(13,)]
    finally:
        sandbox.stop(copy)
    assert sandbox.status(settings).is_healthy


def test_a_server_that_cannot_start_says_why(settings):
    (settings.sandbox / "world" / "history" / "stores" / "receipts.parquet").write_bytes(b"no parquet")

    with pytest.raises(sandbox.SandboxError, match="ended while starting"):
        start(settings)
    assert_nothing_is_left(settings)


def test_without_a_running_sandbox_an_advance_says_so(settings):
    with pytest.raises(sandbox.SandboxError, match="does not answer"):
        sandbox.advance(settings, NEXT)
    assert sandbox.status(settings) == sandbox.Status(False, False, None)


def test_a_server_whose_folder_was_deleted_ends_by_itself(settings):
    start(settings)

    shutil.rmtree(settings.var)

    assert_nothing_is_left(settings)
