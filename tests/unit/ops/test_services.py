"""Airflow's services come up whole or not at all, and go down without a trace."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import traceback
from types import SimpleNamespace

import httpx
import psutil
import pytest
import yaml

from include.settings import ROOT
from ops import installation, roster, services
from ops.bring_up import sandbox_settings
from tests.night import listening


def below() -> set[psutil.Process]:
    """Processes below this one that are not just ended."""
    children = psutil.Process().children(recursive=True)
    return {c for c in children if c.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = sandbox_settings(tmp_path_factory.mktemp("services"))
    services.migrate(house)
    yield house
    services.stop(house)


def test_services_come_up_on_loopback_with_a_login_and_stop_without_a_trace(house):
    before = below()
    up = services.start(house)
    assert services.running(house) == up
    pools = up.api()._call("GET", "/pools")["pools"]
    assert {p["name"]: p["slots"] for p in pools}.items() >= roster.POOLS.items()
    assert_anonymous_callers_learn_nothing(up.url)
    assert_no_login_can_be_guessed(up.url)
    assert_containers_are_judged_as_they_are(up.port)
    started = below() - before
    assert len(started) >= 4
    assert {address for address, _ in listening(p.pid for p in started)} == {"127.0.0.1"}
    services.stop(house)
    assert not [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert services.running(house) is None


# What anybody may ask: whether the house stands, which version it runs, where to log in.
OPEN = {"/api/v2/monitor/health", "/api/v2/version", "/api/v2/auth/login", "/api/v2/auth/logout"}
UI = ["/ui/dags", "/ui/config", "/ui/connections/hook_meta", "/ui/backfills?dag_id=build_customer360"]
TASKS = ["connections/shop_api", "variables/any", "xcoms/dag/run/task/key", "dag-runs/count?dag_id=any"]


def assert_anonymous_callers_learn_nothing(url: str) -> None:
    """Ask each route that reads, of people's API, the UI's and the tasks', with no login and a false one."""
    paths = httpx.get(f"{url}/openapi.json", timeout=60).json()["paths"]
    reading = [re.sub(r"\{\w+\}", "1", path) for path, methods in paths.items() if "get" in methods]
    assert len(reading) >= 60
    routes = [*(path for path in reading if path not in OPEN), *UI, *(f"/execution/{path}" for path in TASKS)]
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            told = {route: client.get(route).status_code for route in routes}
        assert {route: code for route, code in told.items() if code not in (401, 403)} == {}


def assert_containers_are_judged_as_they_are(port: int) -> None:
    """The health checks of docker-compose.yaml, asked of these services."""
    containers = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    for name in roster.SERVICES:
        _, program, *arguments = containers[name]["healthcheck"]["test"]
        assert program == "python"
        here = [word.replace(":8080/", f":{port}/") for word in arguments]
        assert subprocess.run([sys.executable, *here], check=False).returncode == 0, name
        away = [word.replace(":8080/", ":1/") for word in arguments]
        assert subprocess.run([sys.executable, *away], stderr=subprocess.DEVNULL, check=False).returncode


def assert_no_login_can_be_guessed(url: str) -> None:
    for name, word in (("admin", "admin"), ("admin", "password"), ("airflow", "airflow"), ("", "")):
        answer = httpx.post(f"{url}/auth/token", json={"username": name, "password": word}, timeout=60)
        assert answer.status_code in (400, 401), name


@pytest.mark.parametrize("setting", [installation.METADATA, "OMNI_LEDGER_URL"])
def test_a_wrong_password_of_a_database_is_told_by_its_setting_alone(
    setting, tmp_path, postgres, monkeypatch
):
    url = postgres.url("postgres", password="wr0ng/one of seventeen")
    monkeypatch.setenv(setting, url)
    with pytest.raises(services.ServiceFailed) as caught:
        services.migrate(sandbox_settings(tmp_path))
    said = "".join(traceback.format_exception(caught.value))
    assert setting in str(caught.value) and "password authentication failed" in str(caught.value)
    assert "wr0ng" not in said
    logs = [path.read_text() for path in tmp_path.rglob("*.log")]
    assert [log for log in logs if "wr0ng" in log] == []


def test_a_start_that_fails_leaves_nothing_running(house, monkeypatch):
    """One service ends at once; the other, which would run on, is taken down with it."""
    lasting = ["-c", "import time; time.sleep(600)", "airflow", "api-server"]
    failing = ["-c", "import sys, time; time.sleep(0.5); sys.exit(1)", "airflow", "dag-processor"]
    monkeypatch.setattr(roster, "commands", lambda: [lasting, failing])
    before = below()
    with pytest.raises(services.ServiceFailed, match="ended while starting"):
        services.start(house)
    assert below() <= before


def test_a_service_that_a_killed_start_had_not_listed_is_stopped(house):
    unlisted = subprocess.Popen(
        [sys.executable, "-c", "# airflow\nprint(flush=True); import time; time.sleep(600)"],
        stdout=subprocess.PIPE,
        env=installation.environment(house, 0),
        start_new_session=True,
    )
    assert unlisted.stdout.readline()
    services.stop(house)
    assert unlisted.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("held", ["", "[12"])
def test_a_list_of_services_that_a_crash_left_half_written_is_none(house, held):
    (installation.home(house) / "pids.json").write_text(held)
    assert services.running(house) is None
    services.stop(house)


def test_each_start_begins_its_logs_and_keeps_the_last_ones(house, monkeypatch):
    log = house.var / "logs" / "services" / "api-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("OSError: of the start before\n")
    failing = ["-c", "raise SystemExit('ValueError: of this start')", "airflow", "api-server"]
    monkeypatch.setattr(roster, "commands", lambda: [failing])
    with pytest.raises(services.ServiceFailed):
        services.start(house)
    assert "ValueError: of this start" in services.last_error(house)
    log.write_text("nothing wrong\n")
    assert "Its last error" not in services.last_error(house)
    assert log.with_suffix(".log.1").read_text() == "OSError: of the start before\n"


def test_a_task_outlives_minutes_without_an_api_server_here_and_in_containers(house):
    """Airflow's own five tries end within half a minute, which a restart takes."""
    containers = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]["scheduler"][
        "environment"
    ]
    retries = "AIRFLOW__WORKERS__EXECUTION_API_RETRIES"
    assert installation.environment(house, 0)[retries] == containers[retries] == "10"


LATE_API = """
import http.server, json, sys, time
HEALTH = {name: {"status": "healthy"} for name in ("metadatabase", "dag_processor", "scheduler", "triggerer")}
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers(), self.wfile.write(json.dumps(HEALTH).encode())
time.sleep(1.5)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Answer).serve_forever()
"""
ASKS = """
import sys, time, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[-2]}/").status
except urllib.error.URLError:
    answer = "none"
open(sys.argv[-1], "w").write(str(answer))
time.sleep(600)
"""


def test_nothing_is_scheduled_before_the_api_server_answers(house, monkeypatch, tmp_path):
    """What a crash left running is scheduled at once: each try of a task would be lost without an answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    api = ["-c", LATE_API, "airflow", "api-server", port]
    scheduler = ["-c", ASKS, "airflow", "scheduler", port, str(tmp_path / "answer")]
    monkeypatch.setattr(roster, "commands", lambda: [api, scheduler])
    monkeypatch.setattr(services, "AirflowApi", lambda *_: SimpleNamespace(set_pools=lambda _: None))
    services.start(house, int(port))
    while not (tmp_path / "answer").exists() or not (tmp_path / "answer").read_text():
        time.sleep(0.05)
    services.stop(house)
    assert (tmp_path / "answer").read_text() == "200"


def test_a_taken_port_is_refused_before_anything_starts(house):
    before = below()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(services.ServiceFailed, match="cannot be used"):
            services.start(house, port=taken.getsockname()[1])
    assert below() <= before


def test_secrets_are_made_once_and_readable_by_their_owner_only(house):
    first = installation.environment(house, 1)["AIRFLOW__API_AUTH__JWT_SECRET"]
    assert installation.environment(house, 1)["AIRFLOW__API_AUTH__JWT_SECRET"] == first
    assert len(first) >= 64
    for name in ("jwt.key", "api.key", "fernet.key", "unsubscribe.key", "passwords.json"):
        assert (installation.home(house) / name).stat().st_mode & 0o077 == 0
    assert len(json.loads((installation.home(house) / "passwords.json").read_text())["admin"]) >= 12


def test_a_migration_that_outlived_a_killed_start_is_waited_for(tmp_path):
    house = sandbox_settings(tmp_path / "var")
    start = (
        "import sys; from pathlib import Path; from ops import bring_up, services\n"
        "services.migrate(bring_up.sandbox_settings(Path(sys.argv[1])))"
    )
    first = subprocess.Popen([sys.executable, "-c", start, str(house.var)], cwd=ROOT)
    while not [c for c in psutil.Process(first.pid).children() if "migrate" in c.cmdline()]:
        assert first.poll() is None
    (orphan,) = psutil.Process(first.pid).children()
    first.kill()
    first.wait()
    services.migrate(house)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
