"""The containers run what `make up` runs, open nothing to the network and hold no secret."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.settings import Settings
from ops import installation, roster

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IMAGE = dict(re.findall(r"^(?:ENV|   ) (\w+)=(\S+)", DOCKERFILE, re.MULTILINE))
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
SECRET = re.compile(r"PASSWORD|SECRET(?!S_FOLDER)|KEY|TOKEN")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::?[-?+]([^}]*))?\}")
USED = [(found[1], found[2] or "") for found in VARIABLE.finditer(TEXT)]
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer"}
HOUSE = "/opt/omnichannel"

FROM_ENV = "from .env, where `make up` makes one of its own"
POSTGRESQL = "PostgreSQL; `make up` takes the same variable, and SQLite without it"
# What a container is told and `make up`'s services are not, or otherwise, and why.
DIFFERENT = {
    "AIRFLOW__API__HOST": "within the containers' own network; the machine publishes it on loopback",
    "AIRFLOW__API__SECRET_KEY": FROM_ENV,
    "AIRFLOW__API_AUTH__JWT_SECRET": FROM_ENV,
    "AIRFLOW__CORE__FERNET_KEY": FROM_ENV,
    "OMNI_UNSUBSCRIBE_SECRET": FROM_ENV,
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": POSTGRESQL,
    "OMNI_LEDGER_URL": POSTGRESQL,
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "how a SQLite file is opened",
    "AIRFLOW__SECRETS__BACKEND": "connections from a file; `make up` hands on the sandbox's as variables",
    "AIRFLOW__SECRETS__BACKEND_KWARGS": "as above",
    "OMNI_LAKE_URL": "`make up` hands on the caller's",
    "OMNI_COUNTRY": "`make up` hands on the caller's",
    "OMNI_LANGUAGES": "`make up` hands on the caller's",
    "OMNI_CURRENCY": "`make up` hands on the caller's",
    "OMNI_TIME_ZONE": "`make up` hands on the caller's",
    "OMNI_VAR": "the default below the image's folder is where the volume lies",
    "OMNI_RETRY_SECONDS": "only before a screen does a person wait for a retry",
}


def by_default(value: Any) -> str:
    """A value of the file as Compose fills it in when .env says nothing."""
    return VARIABLE.sub(lambda found: found[2] or "", str(value))


def told(service: str) -> dict[str, str]:
    """Environment of a container, with what its image says."""
    own = {name: by_default(value) for name, value in SERVICES[service]["environment"].items()}
    return IMAGE | own


@pytest.fixture
def local(tmp_path, monkeypatch) -> dict[str, str]:
    """Environment of `make up`'s services, with the container's folders."""
    for name in [n for n in os.environ if n.startswith(("AIRFLOW", "OMNI_"))]:
        monkeypatch.delenv(name)
    settings = Settings(var=tmp_path / "var", clock="sandbox", schedules=False, retry_seconds=5)
    found = installation.environment(settings, 8080).items()
    return {
        name: value.replace(str(settings.var), f"{HOUSE}/var").replace(str(ROOT), HOUSE)
        for name, value in found
    }


@pytest.mark.parametrize("profile", [[], ["--profile", "sandbox"]], ids=["own systems", "sandbox"])
def test_compose_accepts_the_file(profile):
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    command = [program, "--env-file", ".env.example", *profile, "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_services_are_those_of_a_house():
    assert set(roster.SERVICES) == AIRFLOW
    assert set(SERVICES) == {"postgres", "network", "sandbox", "migrate", *AIRFLOW}


def test_each_service_is_run_by_the_command_of_make_up():
    run = {}
    for arguments in roster.commands():
        name = next(word for word in arguments if word in AIRFLOW)
        run[name] = arguments[1:] if arguments[0] == "-m" else ["python", *arguments]
    assert {name: SERVICES[name]["command"] for name in AIRFLOW} == run


@pytest.mark.parametrize("service", sorted(AIRFLOW))
def test_each_service_is_told_what_make_up_tells_it(service, local):
    mine = re.compile(r"AIRFLOW|OMNI_|GX_|DBT_|PYTHONPATH")
    ours = {name: value.casefold() for name, value in local.items() if mine.match(name)}
    theirs = {name: value.casefold() for name, value in told(service).items() if mine.match(name)}
    other = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    assert len(ours) > 30
    assert other == set(DIFFERENT)


def test_the_migration_does_what_make_up_does_before_and_after_its_start():
    script = SERVICES["migrate"]["command"][-1]
    pools = {name: int(slots) for name, slots in re.findall(r"airflow pools set (\w+) (\d+)", script)}
    assert pools == roster.POOLS
    assert script.index("python -m include.ledger") < script.index("airflow db migrate")
    assert "umask 077" in script


def test_every_airflow_service_waits_for_the_migration_and_none_for_the_sandbox():
    waiting = {name: s.get("depends_on", {}) for name, s in SERVICES.items()}
    assert {name for name, others in waiting.items() if "migrate" in others} == AIRFLOW
    assert [name for name, others in waiting.items() if "sandbox" in others] == []
    assert {name for name, s in SERVICES.items() if s.get("profiles")} == {"sandbox"}


def test_the_sandbox_is_told_nothing_of_the_house_and_its_secrets():
    assert {name for name in SERVICES["sandbox"]["environment"] if not name.startswith("OMNI_")} == set()
    assert VARIABLE.findall(str(SERVICES["sandbox"]["environment"]))
    assert not SECRET.search(str(SERVICES["sandbox"]["environment"]))
    assert [v for v in SERVICES["sandbox"]["volumes"] if "secrets" in v] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_has_a_health_check_limits_and_logs_that_end(name):
    service = SERVICES[name]
    assert service["healthcheck"].get("test") or name == "migrate"  # which ends, and is judged by how
    assert service["mem_limit"] and service["cpus"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_image_is_pinned():
    images = {str(s["image"]) for s in SERVICES.values()}
    foreign = {i for i in images if not i.startswith("omnichannel:")}
    foreign |= set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert len(foreign) == 2
    assert [image for image in foreign if not re.search(r":\d+\.\d+(\.\d+)?-[\w-]+$", image)] == []


def test_the_image_installs_what_make_installs_and_runs_as_nobody_special():
    version = re.search(r"uv==([\d.]+)", (ROOT / "Makefile").read_text())
    assert version and f"uv=={version[1]} " in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["omnichannel"]
    copied = re.findall(r"^COPY (\S+) \1$", DOCKERFILE, re.MULTILINE)
    assert copied == ["include", "plugins", "dags", "dbt_project"]


def test_every_published_port_is_bound_to_loopback():
    ports = [str(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_service_takes_the_network_of_the_machine():
    modes = {s.get("network_mode", "") for s in SERVICES.values()}
    assert modes == {"", "service:network"}
    assert [name for name, s in SERVICES.items() if s.get("privileged")] == []


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
    assert len(blank) >= 8
    assert [name for name in blank if EXAMPLE[name]] == []


@pytest.mark.parametrize("name", sorted({n for n, _ in USED if SECRET.search(n)}))
def test_a_blank_secret_stops_the_start(name):
    holders = {
        key
        for s in SERVICES.values()
        for key, value in s.get("environment", {}).items()
        if f"${{{name}}}" in str(value)
    }
    guard = SERVICES["migrate"]["command"][-1] + (ROOT / "ops/containers/create-databases.sh").read_text()
    postgres_refuses_blank_itself = name == "POSTGRES_PASSWORD"
    assert holders
    assert postgres_refuses_blank_itself or any(key in guard for key in holders)
