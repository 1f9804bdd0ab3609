"""An installation to break: its connections, the company's systems and, in a copy, the repository."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from include import sandbox
from ops.airflow_api import AirflowApi
from tests.fixtures.webhook import Webhook
from tests.kept import Kept
from tests.night import ROOT

BACKEND = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
PARTS = ("dags", "plugins", "include", "dbt_project", "ops")


def copy_repository(folder: Path) -> Path:
    """A copy of what an installation runs from, in which declarations, models and templates may be broken."""
    left_out = shutil.ignore_patterns("__pycache__", "target", "logs")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    return folder


class Breakable(Kept):
    """Kept up without schedules, with its alerts at hand.

    A connection is looked up in a file first (Airflow's own secrets backend for files), so that it can be
    made wrong and corrected while everything runs.
    """

    def __init__(self, folder: Path, people: int, root: Path = ROOT) -> None:
        self.hook = Webhook()
        self._secrets = folder / "connections.json"
        self._secrets.write_text("{}")
        self._api: AirflowApi | None = None
        env = {
            "AIRFLOW_CONN_ALERTS_WEBHOOK": self.hook.connection,
            "AIRFLOW__SECRETS__BACKEND": BACKEND,
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(self._secrets)}),
            "OMNI_RETRIES": "1",
            "OMNI_RETRY_SECONDS": "1",
        }
        super().__init__(folder / "var", people, nights=3, env=env, root=root)

    def up(self) -> tuple[int, str]:
        """Start it with the sandbox on the first of its dates; the exit code and what it printed."""
        people = str(self.house.people)
        first = ("--date", str(self.nights[0]), "--people", people)
        return self.command("up", "--port", "0", "--schedules", "off", *first)

    def close(self) -> None:
        """Stop it."""
        self.command("down")
        self.hook.close()

    def api(self) -> AirflowApi:
        """Airflow's public API, logged in once."""
        self._api = self._api or super().api()
        return self._api

    def airflow(self, *words: str) -> str:
        """`make airflow CMD="…"`; what it printed. Its exit code must be 0."""
        done = subprocess.run(
            [sys.executable, "-m", "ops.cli", *words],
            cwd=self.house.root,
            env={**self.house.environment(), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def edit(self, path: str, old: str, new: str) -> Callable[[], None]:
        """Change a file of the copied repository; what is returned puts it back."""
        file = self.house.root / path
        assert self.house.root != ROOT, "a test never edits the repository"
        before = file.read_text(encoding="utf-8")
        assert old in before, f"{path} has no {old!r}"
        file.write_text(before.replace(old, new, 1), encoding="utf-8")

        def put_back() -> None:
            file.write_text(before, encoding="utf-8")

        return put_back

    def connect(self, conn_id: str, **values: Any) -> None:
        """Let a connection differ in these fields from what the company gave; none: as it was."""
        given = json.loads((self.house.settings.sandbox / "connections.json").read_text())
        known = json.loads(self._secrets.read_text())
        known.pop(conn_id, None)
        if values:
            base = dict(given.get(conn_id, {}))
            extra = {**base.pop("extra", {}), **values.pop("extra", {})}
            known[conn_id] = {**base, **values, "extra": extra}
        partial = self._secrets.with_suffix(".new")
        partial.write_text(json.dumps(known))
        partial.replace(self._secrets)

    def break_source(self, system: str, kind: str, **values: Any) -> None:
        """Switch a fault of the company on."""
        sandbox.set_fault(self.house.settings, system, kind, **values)

    def heal_sources(self) -> None:
        """Switch all faults of the company off."""
        sandbox.clear_faults(self.house.settings)
