"""Airflow's services come up whole or not at all, and go down without a trace."""

import json
import socket

import httpx
import psutil
import pytest

from ops import installation, services
from ops.bring_up import sandbox_settings


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
    assert {p["name"]: p["slots"] for p in pools}.items() >= services.POOLS.items()
    anonymous = httpx.get(f"{up.url}/api/v2/dags")
    assert anonymous.status_code == 401
    started = below() - before
    assert len(started) >= 4
    listening = {
        c.laddr.ip
        for process in started
        for c in process.net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    services.stop(house)
    assert not [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert services.running(house) is None


def test_a_start_that_fails_leaves_nothing_running(house, monkeypatch):
    """One service ends at once; the other, which would run on, is taken down with it."""
    lasting = ["-c", "import time; time.sleep(600)", "airflow", "scheduler"]
    failing = ["-c", "import sys, time; time.sleep(0.5); sys.exit(1)", "airflow", "triggerer"]
    monkeypatch.setattr(services, "_commands", lambda: [lasting, failing])
    before = below()
    with pytest.raises(services.StartFailed, match="ended while starting"):
        services.start(house)
    assert below() <= before


def test_a_taken_port_is_refused_before_anything_starts(house):
    before = below()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(services.StartFailed, match="cannot be used"):
            services.start(house, port=taken.getsockname()[1])
    assert below() <= before


def test_secrets_are_made_once_and_readable_by_their_owner_only(house):
    first = installation.environment(house, 1)["AIRFLOW__API_AUTH__JWT_SECRET"]
    assert installation.environment(house, 1)["AIRFLOW__API_AUTH__JWT_SECRET"] == first
    assert len(first) >= 64
    for name in ("jwt.key", "api.key", "passwords.json"):
        assert (installation.home(house) / name).stat().st_mode & 0o077 == 0
    assert len(json.loads((installation.home(house) / "passwords.json").read_text())["admin"]) >= 12
