"""A team's services with the environment of their containers, on PostgreSQL by its socket alone."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from include.sandbox.access import Door, free_port
from include.sandbox.servers.postgres import Postgres
from include.settings import ROOT
from ops import installation

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
HOUSE = "/opt/omnichannel"
SHARED = "/var/run/postgresql"
PASSWORD = "Nine-owls-fly-over-the-roof"


class BySocket(Postgres):
    """PostgreSQL as the compose file runs it: our pg_hba.conf, and a socket."""

    def _command(self) -> list[str]:
        rules = self.folder.parent / "pg_hba.conf"
        rules.write_bytes((ROOT / "ops/containers/pg_hba.conf").read_bytes())
        rules.chmod(0o644)
        more = (f"unix_socket_directories={self.folder.parent}", f"hba_file={rules}")
        return [*super()._command(), *(part for setting in more for part in ("-c", setting))]


@contextmanager
def by_socket(secrets: dict[str, str]) -> Iterator[tuple[Path, int]]:
    """A server with both databases; the folder of its socket, and the port that names it."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        doors = {
            "stores": Door(free_port(), "x", "x"),
            "stores_owner": Door(0, "postgres", secrets["POSTGRES_PASSWORD"]),
        }
        running = BySocket(Path(folder) / "data", doors)
        running.start()
        try:
            from include.sandbox.servers.programs import binaries

            reach = {
                "PGHOST": folder,
                "PGPORT": str(doors["stores"].port),
                "PGPASSWORD": secrets["POSTGRES_PASSWORD"],
            }
            path = {"PATH": os.pathsep.join([str(binaries()), os.environ["PATH"]])}
            script = ROOT / "ops/containers/create-databases.sh"
            subprocess.run([script], env={**path, **reach, **secrets}, check=True)
            yield Path(folder), doors["stores"].port
        finally:
            running.close()


class Containers:
    """The services of the compose file, each a process with its container's environment and no other."""

    def __init__(self, var: Path, folder: Path, port: int, secrets: dict[str, str]) -> None:
        self.var, self.folder, self.port, self.api = var, folder, port, free_port()
        self.secrets = secrets

    def environment(self, service: str) -> dict[str, str]:
        """Environment of a container, with the folders and ports of this machine."""
        plain = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
        found = {}
        for name, value in self._declared(service).items():
            filled = plain.sub(lambda found: self.secrets.get(found[1], found[2] or ""), str(value))
            filled = filled.replace(f"host={SHARED}", f"host={self.folder}&port={self.port}")
            filled = filled.replace(f"{HOUSE}/var", str(self.var)).replace(HOUSE, str(ROOT))
            found[name] = filled.replace("8080", str(self.api)).replace("0.0.0.0", "127.0.0.1")
        home = self.var / "homes" / service
        home.mkdir(parents=True, exist_ok=True)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        image = {
            "AIRFLOW_HOME": str(home), "HOME": str(home), "PATH": path, "OMNI_VAR": str(self.var),
            "PYTHONPATH": f"{ROOT}:{ROOT}/plugins", "AIRFLOW__CORE__DAGS_FOLDER": f"{ROOT}/dags",
            "AIRFLOW__CORE__PLUGINS_FOLDER": f"{ROOT}/plugins", "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }  # fmt: skip
        return image | found

    def run(self, service: str, log: Path) -> "subprocess.Popen[bytes]":
        """Start a service by its command."""
        command = SERVICES[service]["command"]
        command = [part.replace("$$", "$") for part in command]
        with log.open("wb") as out:
            return subprocess.Popen(
                ["/bin/sh", "-c", 'umask 077 && exec "$@"', "--", *command],
                env=self.environment(service), cwd=self.var.parent,
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def _declared(self, service: str) -> dict[str, Any]:
        return dict(SERVICES[service]["environment"])


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    var = tmp_path_factory.mktemp("team") / "var"
    var.mkdir()
    secrets = {
        name: installation.long_secret().replace("-", "x").replace("_", "y")
        for name in ("POSTGRES_PASSWORD", "AIRFLOW_DATABASE_PASSWORD", "LEDGER_DATABASE_PASSWORD",
                     "AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET", "OMNI_UNSUBSCRIBE_SECRET")
    }  # fmt: skip
    secrets |= {"AIRFLOW_FERNET_KEY": installation.fernet_key(), "AIRFLOW_ADMIN_PASSWORD": PASSWORD}
    with by_socket(secrets) as (folder, port), ExitStack() as stack:
        made = Containers(var, folder, port, secrets)
        migrate = made.run("migrate", var / "migrate.log")
        assert migrate.wait(300) == 0, (var / "migrate.log").read_text()[-3000:]
        for service in ("api-server", "dag-processor", "scheduler", "triggerer"):
            process = made.run(service, var / f"{service}.log")
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        yield made


def healthy(containers: Containers) -> dict[str, Any]:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            said = httpx.get(f"http://127.0.0.1:{containers.api}/api/v2/monitor/health", timeout=5).json()
            if all((said[name] or {}).get("status") == "healthy" for name in said):
                return dict(said)
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    raise AssertionError({log.name: log.read_text()[-1500:] for log in containers.var.glob("*.log")})


def test_all_services_come_up_and_a_task_runs_and_its_log_is_read(containers):
    assert len(healthy(containers)) == 4
    client = httpx.Client(base_url=f"http://127.0.0.1:{containers.api}", timeout=60)
    said = client.post("/auth/token", json={"username": "admin", "password": PASSWORD}).raise_for_status()
    client.headers["Authorization"] = f"Bearer {said.json()['access_token']}"
    run = {"logical_date": None, "dag_run_id": "one", "conf": {"date": "2026-03-15"}}
    client.post("/api/v2/dags/report_results/dagRuns", json=run).raise_for_status()
    end, path = time.monotonic() + 240, "/api/v2/dags/report_results/dagRuns/one"
    tasks: list[dict[str, Any]] = []
    while time.monotonic() < end and not any(
        t["try_number"] and t["state"] not in ("queued", "running") for t in tasks
    ):
        time.sleep(2)
        tasks = client.get(f"{path}/taskInstances").json()["task_instances"]
    ended = next(t for t in tasks if t["try_number"] and t["state"] not in ("queued", "running"))
    log = client.get(f"{path}/taskInstances/{ended['task_id']}/logs/1", params={"full_content": True})
    assert log.status_code == 200 and "Could not read" not in log.text and len(log.json()["content"]) > 2, (
        log.text
    )


def test_nothing_that_is_kept_is_open_to_others(containers):
    healthy(containers)
    found = [p for p in (containers.var / "logs").rglob("*") if p.is_file()]
    assert found
    assert [str(p) for p in found if p.stat().st_mode & 0o077] == []


def test_the_socket_asks_for_a_password(containers):
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=str(containers.folder),
                port=containers.port,
                user="ledger",
                dbname="ledger",
                password=password,
            )


def test_a_blank_or_weak_secret_stops_migrate_before_anything_is_touched(containers, tmp_path):
    weak = Containers(
        containers.var, containers.folder, containers.port, containers.secrets | {"AIRFLOW_JWT_SECRET": ""}
    )
    process = weak.run("migrate", tmp_path / "log")
    assert process.wait(60) == 2
    said = (tmp_path / "log").read_text()
    assert said.startswith("AIRFLOW__API_AUTH__JWT_SECRET is empty") and "ledger" not in said
    assert json.dumps(said)
