"""An installation kept up as `make up` keeps it, with nights to catch up on."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from include.settings import Settings
from ops import bring_up, services
from ops.airflow_api import AirflowApi
from tests.night import ROOT, House, listening

INGESTS = ("ingest_shop", "ingest_stores", "ingest_crm", "ingest_email")
DAGS = (*INGESTS, "build_customer360", "activate_audiences", "send_messages", "report_results")
PATIENCE = 600


class Kept:
    """A house under the scheduler: the nights that end with yesterday's, and where its processes listened."""

    def __init__(
        self,
        var: Path,
        people: int,
        nights: int = 2,
        env: Mapping[str, str] | None = None,
        root: Path = ROOT,
    ) -> None:
        self.house = House(var, people, root=root)
        today = datetime.now(Settings().zone).date()
        self.nights = [today - timedelta(days=n) for n in range(nights, 0, -1)]
        self.heard: set[tuple[str, int]] = set()
        self.env = dict(env or {})

    def command(self, *words: str) -> tuple[int, str]:
        """Run `make up` or `make down`'s command; its exit code and what it printed."""
        process = self._start(*words)
        out, _ = process.communicate()
        return process.returncode, out

    def start_up(self) -> subprocess.Popen[str]:
        """Start it on a free port, by schedule from the first of its nights on; the caller waits."""
        people = str(self.house.people)
        return self._start("up", "--port", "0", "--date", str(self.nights[0]), "--people", people)

    def up(self) -> tuple[int, str]:
        """Start it, and wait until it is up; the exit code and what it printed."""
        process = self.start_up()
        out, _ = process.communicate()
        return process.returncode, out

    def _start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ops.up", *words],
            cwd=self.house.root,
            env={**self.house.environment(), **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def api(self) -> AirflowApi:
        """Airflow's public API."""
        found = services.running(bring_up.sandbox_settings(self.house.var))
        assert found
        return found.api()

    def await_that(self, what: str, is_so: Callable[[], Any]) -> Any:
        """Ask until it is so, however Airflow stumbles; note meanwhile who listens where."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.heard |= listening(self.pids())
            with contextlib.suppress(httpx.HTTPError):
                if found := is_so():
                    return found
            time.sleep(0.5)
        states = {dag: [(r["dag_run_id"], r["state"]) for r in self.api().runs(dag)] for dag in DAGS}
        raise AssertionError(f"not within {PATIENCE} s: {what}. {states}")

    def ended(self, dag: str, night: date) -> dict[str, Any] | None:
        """The newest run of a date, when it has ended."""
        run = self.api().run_of(dag, night)
        return run if run and run["state"] in ("success", "failed") else None

    def pids(self) -> list[int]:
        """The processes that lead the house's services and its sandbox; none when it is down."""
        leaders = self.house.var / "airflow" / "pids.json"
        sandbox = self.house.var / "sandbox" / "server.pid"
        found = json.loads(leaders.read_text()) if leaders.exists() else []
        return [*found, *([int(sandbox.read_text())] if sandbox.exists() else [])]
