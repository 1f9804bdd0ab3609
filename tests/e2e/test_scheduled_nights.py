"""Two nights under the scheduler, caught up one after another, as `make up` runs them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from include.settings import Settings
from include.warehouse import versions
from ops import bring_up, services
from ops.airflow_api import AirflowApi
from tests.night import ROOT, House

DAGS = (
    *("ingest_shop", "ingest_stores", "ingest_crm", "ingest_email", "build_customer360"),
    *("activate_audiences", "send_messages", "report_results"),
)
PATIENCE = 400


class Kept:
    """An installation kept up by the real command, with nights of the last two dates to catch up on."""

    def __init__(self, var: Path) -> None:
        self.house = House(var, people=200)
        today = datetime.now(Settings().zone).date()
        self.nights = [today - timedelta(days=2), today - timedelta(days=1)]

    def command(self, *words: str) -> tuple[int, str]:
        """Run `make up` or `make down`'s command; its exit code and what it printed."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "OMNI_"))}
        path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
        done = subprocess.run(
            [sys.executable, "-m", "ops.up", *words],
            cwd=ROOT,
            env={**clean, "PYTHONPATH": path, "OMNI_VAR": str(self.house.var)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def up(self) -> tuple[int, str]:
        """Start it on a free port."""
        return self.command("up", "--port", "0", "--date", str(self.nights[0]), "--people", "200")

    def api(self) -> AirflowApi:
        """Airflow's public API."""
        found = services.running(bring_up.sandbox_settings(self.house.var))
        assert found
        return found.api()

    def await_reports(self) -> None:
        """Wait until the asset chain has reported both nights."""
        end, api = time.monotonic() + PATIENCE, self.api()
        while time.monotonic() < end:
            found = [api.run_of("report_results", night) for night in self.nights]
            if all(run and run["state"] == "success" for run in found):
                return
            time.sleep(1)
        raise AssertionError({dag: [(r["dag_run_id"], r["state"]) for r in api.runs(dag)] for dag in DAGS})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    kept = Kept(tmp_path_factory.mktemp("scheduled") / "var")
    try:
        code, said = kept.up()
        assert code == 0, said
        kept.await_reports()
        yield kept
    finally:
        kept.command("down")


def test_each_night_ran_once_in_order_and_green(kept):
    api = kept.api()
    for dag in DAGS:
        runs = [api.run_of(dag, night) for night in kept.nights]
        assert [run["state"] for run in runs] == ["success", "success"], dag
        assert len([r for r in api.runs(dag) if r["state"] == "success"]) == 2, f"{dag}: each once"
        ends = [datetime.fromisoformat(run["end_date"]) for run in runs]
        assert ends == sorted(ends), dag
        tasks = [task for run in runs for task in api.tasks(dag, run["dag_run_id"])]
        assert {task["state"] for task in tasks} <= {"success", "skipped"}, dag
    names = [api.run_of("build_customer360", night)["dag_run_id"] for night in kept.nights]
    assert names == [f"scheduled__{night}" for night in kept.nights]


def test_the_second_night_begins_to_read_when_the_first_has_sent(kept):
    api = kept.api()
    sent = api.run_of("send_messages", kept.nights[0])["end_date"]
    read = [
        task["start_date"]
        for dag in DAGS[:4]
        for task in api.tasks(dag, f"scheduled__{kept.nights[1]}")
        if task["task_id"] == "land_stream"
    ]
    assert len(read) > 4
    assert datetime.fromisoformat(min(read)) >= datetime.fromisoformat(sent)


def test_both_nights_are_published_and_readers_see_the_second(kept):
    assert versions.dates(kept.house.settings) == kept.nights
    assert kept.house.version().startswith(str(kept.nights[1]))


def test_both_reports_account_for_every_row_and_name_no_stale_channel(kept):
    for night in kept.nights:
        summary = kept.house.summary(str(night))
        streams = [s for channel in summary["channels"].values() for s in channel.values()]
        assert len(streams) >= 10
        for s in streams:
            assert s["rows_in"] == s["loaded"] + s["duplicate"] + sum(s["quarantined"].values())
        assert summary["stale"] in ([], {})


def test_nothing_left_twice(kept):
    mails = [m["message_id"] for m in kept.house.received("smtp")]
    files = [f["path"] for f in kept.house.received("sftp")]
    assert len(mails) == len(set(mails))
    assert files and len(files) == len(set(files))


def test_up_again_says_that_it_is_up(kept):
    code, said = kept.up()
    assert code == 0
    assert "up already" in said and "password" in said


def test_the_same_night_by_command_joins_in_publishes_the_same_bytes_and_sends_nothing(kept):
    before = {dag: len(kept.api().runs(dag)) for dag in DAGS}
    published, received = kept.house.published(), kept.house.receivers()
    code, out = kept.house.night(str(kept.nights[1]))
    assert code == 0, out
    after = {dag: len(kept.api().runs(dag)) for dag in DAGS}
    by_asset = {"activate_audiences": 1, "send_messages": 1, "report_results": 1}
    assert after == {dag: count + by_asset.get(dag, 0) for dag, count in before.items()}
    assert kept.house.published() == published
    assert kept.house.receivers() == received


def test_down_stops_what_was_started_and_says_so(kept):
    code, said = kept.command("down")
    assert code == 0
    assert "stopped Airflow" in said and "sandbox" in said
    pids = kept.house.var / "airflow" / "pids.json"
    assert not pids.exists() or json.loads(pids.read_text()) == []
    assert not (kept.house.var / "sandbox" / "server.pid").exists()
    assert kept.command("down") == (0, "nothing was running\n")
