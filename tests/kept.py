"""An installation kept up as `make up` keeps it, with nights to catch up on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from include.settings import Settings
from ops import bring_up, services
from ops.airflow_api import AirflowApi
from tests.night import ROOT, House, listening

INGESTS = ("ingest_shop", "ingest_stores", "ingest_crm", "ingest_email")
DAGS = (*INGESTS, "build_customer360", "activate_audiences", "send_messages", "report_results")
PATIENCE = 400


class Kept:
    """A house under the scheduler: the nights that end with yesterday's, and where its processes listened."""

    def __init__(self, var: Path, people: int, nights: int = 2, env: Mapping[str, str] | None = None) -> None:
        self.house = House(var, people)
        today = datetime.now(Settings().zone).date()
        self.nights = [today - timedelta(days=n) for n in range(nights, 0, -1)]
        self.heard: set[tuple[str, int]] = set()
        self.env = dict(env or {})

    def command(self, *words: str) -> tuple[int, str]:
        """Run `make up` or `make down`'s command; its exit code and what it printed."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "OMNI_"))}
        path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
        done = subprocess.run(
            [sys.executable, "-m", "ops.up", *words],
            cwd=ROOT,
            env={**clean, "PYTHONPATH": path, "OMNI_VAR": str(self.house.var), **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def up(self) -> tuple[int, str]:
        """Start it on a free port, by schedule from the first of its nights on."""
        people = str(self.house.people)
        return self.command("up", "--port", "0", "--date", str(self.nights[0]), "--people", people)

    def api(self) -> AirflowApi:
        """Airflow's public API."""
        found = services.running(bring_up.sandbox_settings(self.house.var))
        assert found
        return found.api()

    def await_reports(self) -> None:
        """Wait until the asset chain has reported the last night; note meanwhile who listens where."""
        end, api = time.monotonic() + PATIENCE, self.api()
        while time.monotonic() < end:
            self.heard |= listening(self.pids())
            last = api.run_of("report_results", self.nights[-1])
            if last and last["state"] == "success":
                return
            time.sleep(1)
        raise AssertionError({dag: [(r["dag_run_id"], r["state"]) for r in api.runs(dag)] for dag in DAGS})

    def pids(self) -> list[int]:
        """The processes that lead the house's services and its sandbox; none when it is down."""
        leaders = self.house.var / "airflow" / "pids.json"
        sandbox = self.house.var / "sandbox" / "server.pid"
        found = json.loads(leaders.read_text()) if leaders.exists() else []
        return [*found, *([int(sandbox.read_text())] if sandbox.exists() else [])]
