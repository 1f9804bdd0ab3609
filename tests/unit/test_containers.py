"""The containers open nothing to the network and hold no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")
USED = re.findall(r"(?<!\$)\$\{(\w+)(:?[-?+][^}]*)?\}", TEXT)


def test_the_services_are_those_of_a_house():
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer", "migrate"}
    assert set(SERVICES) == {"postgres", "sandbox", *airflow}


def test_every_published_port_is_bound_to_loopback():
    ports = [str(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_service_takes_the_network_of_the_machine():
    assert [
        name for name, s in SERVICES.items() if s.get("network_mode") == "host" or s.get("privileged")
    ] == []


def test_secrets_come_from_the_environment_without_a_default():
    secrets = [(name, default) for name, default in USED if SECRET.search(name)]
    assert {name for name, _ in secrets} >= {"POSTGRES_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY"}
    assert [name for name, default in secrets if default] == []


def test_no_secret_is_written_into_the_file():
    settings = [
        (key, str(value))
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search(r"(PASSWORD|SECRET|KEY|TOKEN)$", key)
    ]
    assert len(settings) >= 3
    assert [key for key, value in settings if not re.fullmatch(r"\$\{\w+\}", value)] == []


def test_the_example_names_every_variable_and_holds_no_secret():
    assert {name for name, _ in USED} == set(EXAMPLE)
    blank = {name for name in EXAMPLE if SECRET.search(name)}
    assert blank
    assert [name for name in blank if EXAMPLE[name]] == []


@pytest.mark.parametrize("name", sorted({n for n, _ in USED if SECRET.search(n)}))
def test_a_blank_secret_stops_the_start(name):
    holders = {
        key
        for s in SERVICES.values()
        for key, value in s.get("environment", {}).items()
        if f"${{{name}}}" in str(value)
    }
    guard = "\n".join(SERVICES["migrate"]["command"])
    postgres_refuses_blank_itself = name == "POSTGRES_PASSWORD"
    assert holders
    assert postgres_refuses_blank_itself or any(key in guard for key in holders)


def test_every_airflow_service_waits_for_the_migration():
    waiting = [n for n, s in SERVICES.items() if "migrate" in s.get("depends_on", {})]
    assert set(waiting) == {"api-server", "scheduler", "dag-processor", "triggerer"}
