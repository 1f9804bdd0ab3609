"""The containers run what `make up` runs, open nothing to the network and hold no secret."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from include.settings import Settings
from include.strength import INSTALLATION
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
SECRETS_OF = re.compile(r"PASSWORD|SECRET(?!S)|KEY$|CONN$|LEDGER_URL")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::?[-?+]([^}]*))?\}")
USED = [(found[1], found[2] or "") for found in VARIABLE.finditer(TEXT)]
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer"}
HOUSE = "/opt/omnichannel"

FROM_ENV = "from .env, where `make up` makes one of its own"
POSTGRESQL = "PostgreSQL; `make up` takes the same variable, and SQLite without it"
# What a container is told and `make up`'s services are not, or otherwise, and why.
DIFFERENT = {
    "AIRFLOW_HOME": "forgotten with the container; `make up` keeps its secrets and passwords there",
    "AIRFLOW__CORE__AUTH_MANAGER": "a team has users and roles; one person at a machine has one password",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "as above",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": "as above",
    "AIRFLOW__FAB__CONFIG_FILE": "as above",
    "OMNI_SECOND_PERSON": "one person alone has no second",
    "AIRFLOW__API__HOST": "within the containers' own network; the machine publishes it on loopback",
    "AIRFLOW__API__SECRET_KEY": FROM_ENV,
    "AIRFLOW__API_AUTH__JWT_SECRET": FROM_ENV,
    "AIRFLOW__CORE__FERNET_KEY": FROM_ENV,
    "OMNI_UNSUBSCRIBE_SECRET": FROM_ENV,
    "OMNI_HASH_KEYS": "from .env, where `make up` keeps a file of its own",
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
    "FORWARDED_ALLOW_IPS": "there is a proxy before a team's API server only",
}
# What a container does not get, of what `make up` gives each of its services alike.
WORKS = {"OMNI_LEDGER_URL", "OMNI_LAKE_URL", "OMNI_UNSUBSCRIBE_SECRET", "OMNI_HASH_KEYS"}
CONNECTS = {"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND_KWARGS"}
JWT, API_KEY = "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY"
NOT_TOLD = {
    "api-server": WORKS | CONNECTS,
    "scheduler": {API_KEY, "FORWARDED_ALLOW_IPS"},
    "dag-processor": WORKS | {JWT, API_KEY, "FORWARDED_ALLOW_IPS"},
    "triggerer": WORKS | {JWT, API_KEY, "FORWARDED_ALLOW_IPS"},
}
MAY_SEE = {
    "api-server": {"logs:ro", "sockets:ro"},
    "scheduler": {"var", "logs", "sockets:ro", "secrets:ro"},
    "dag-processor": {"logs", "sockets:ro", "secrets:ro"},
    "triggerer": {"logs", "sockets:ro", "secrets:ro"},
    "migrate": {"var", "logs", "sockets:ro"},
    "sandbox": {"var"},
    "network": set(),
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
    run["api-server"] = [*run["api-server"], "--proxy-headers"]  # as FORWARDED_ALLOW_IPS above
    assert {name: SERVICES[name]["command"] for name in AIRFLOW} == run


@pytest.mark.parametrize("service", sorted(AIRFLOW))
def test_each_service_is_told_what_make_up_tells_it(service, local):
    mine = re.compile(r"AIRFLOW|OMNI_|GX_|DBT_|PYTHONPATH|FORWARDED")
    ours = {name: value.casefold() for name, value in local.items() if mine.match(name)}
    theirs = {name: value.casefold() for name, value in told(service).items() if mine.match(name)}
    other = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    assert len(ours) > 30
    assert NOT_TOLD[service].isdisjoint(theirs)
    assert other - NOT_TOLD[service] == set(DIFFERENT) - NOT_TOLD[service]


@pytest.mark.parametrize("service", sorted(MAY_SEE))
def test_each_service_sees_the_volumes_that_it_needs_and_reads_where_it_need_not_write(service):
    seen = set()
    for volume in SERVICES[service].get("volumes", []):
        source, _, rest = by_default(volume).partition(":")
        seen.add(source.removeprefix("./") + (":ro" if rest.endswith(":ro") else ""))
    assert seen == MAY_SEE[service]


def test_the_service_that_is_reached_holds_no_secret_but_what_it_signs_and_reads_metadata_with():
    held = {name for name in SERVICES["api-server"]["environment"] if SECRETS_OF.search(name)}
    metadata = {"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"}
    assert held == {JWT, API_KEY, *metadata}
    for service in ("dag-processor", "triggerer"):
        assert {n for n in SERVICES[service]["environment"] if SECRETS_OF.search(n)} == metadata


def test_databases_are_reached_by_socket_with_a_password_and_over_no_network():
    urls = [v for s in SERVICES.values() for v in s.get("environment", {}).values() if "://" in str(v)]
    databases = [url for url in urls if url.startswith("postgresql")]
    assert databases and all(url.endswith("?host=/var/run/postgresql") for url in databases)
    assert SERVICES["postgres"]["network_mode"] == "none"
    assert "listen_addresses=127.0.0.1" in SERVICES["postgres"]["command"]
    rules = (ROOT / "ops/containers/pg_hba.conf").read_text(encoding="utf-8").splitlines()
    methods = [line.split()[-1] for line in rules if line and not line.startswith("#")]
    assert methods == ["scram-sha-256"] * 2


def test_the_migration_does_what_make_up_does_before_and_after_its_start():
    script = SERVICES["migrate"]["command"][-1]
    pools = {name: int(slots) for name, slots in re.findall(r"airflow pools set (\w+) (\d+)", script)}
    assert pools == roster.POOLS
    assert script.index("python -m include.ledger") < script.index("airflow db migrate")
    assert script.index("python -m include.strength") < script.index("python -m include.ledger")
    assert script.index("airflow db migrate") < script.index("python -m omnichannel.access")
    assert "chmod -R go= var" in script


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
    assert service["cap_drop"] == ["ALL"] and service["read_only"] is True and service["pids_limit"] <= 1024
    assert not service.get("cap_add") or name == "postgres"


def test_every_image_is_pinned():
    images = {by_default(s["image"]) for s in SERVICES.values()}
    foreign = {i for i in images if not i.startswith("omnichannel:")}
    foreign |= set(re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE))
    assert "FROM ${PYTHON_IMAGE}" in DOCKERFILE
    assert foreign == {EXAMPLE["OMNI_PYTHON_IMAGE"], EXAMPLE["OMNI_POSTGRES_IMAGE"]}
    assert [image for image in foreign if not re.search(r":\d+\.\d+(\.\d+)?-[\w-]+$", image)] == []


def test_the_installer_is_pinned_by_hash_where_make_and_the_image_get_it():
    pinned = (ROOT / "requirements.uv.txt").read_text(encoding="utf-8")
    assert re.search(r"^uv==[\d.]+ \\$", pinned, re.MULTILINE) and pinned.count("--hash=sha256:") > 10
    for text in (DOCKERFILE, (ROOT / "Makefile").read_text(encoding="utf-8")):
        assert re.search(r"--require-hashes -r \S*requirements\.uv\.txt", text)
        assert "uv==" not in text


def test_the_image_runs_as_nobody_special_and_holds_what_a_house_needs():
    assert DOCKERFILE.count("--require-hashes") == 2
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["omnichannel"]
    copied = re.findall(r"^COPY (\S+) \1$", DOCKERFILE, re.MULTILINE)
    assert copied == ["include", "plugins", "dags", "dbt_project"]
    assert 'ENTRYPOINT ["/bin/sh", "-c", "umask 077' in DOCKERFILE


def in_the_image() -> dict[str, str]:
    """Entries of the lock that go into the image, by name."""
    path = ROOT / "ops" / "containers" / "image_requirements.py"
    spec = importlib.util.spec_from_file_location("image_requirements", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {text.split("==")[0]: text for text in module.needed(project, lock)}


def test_no_tool_of_development_goes_into_the_image():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tools = {canonicalize_name(Requirement(one).name) for one in project["dependency-groups"]["dev"]}
    assert len(tools) > 10
    assert tools & in_the_image().keys() == set()


def test_what_goes_into_the_image_is_complete_and_as_it_is_locked():
    found = in_the_image()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(found) > 200 and all(text in lock for text in found.values())
    missing = set()
    for name in found:
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another Python
        for need in map(Requirement, needs):
            wanted = canonicalize_name(need.name)
            if (need.marker is None or need.marker.evaluate({"extra": ""})) and wanted not in found:
                missing.add(f"{name} needs {wanted}")
    assert missing == set()


def test_every_published_port_is_bound_to_loopback():
    ports = [str(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_service_takes_the_network_of_the_machine():
    modes = {s.get("network_mode", "") for s in SERVICES.values()}
    assert modes == {"", "service:network", "none"}
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
def test_a_secret_that_is_blank_or_can_be_guessed_stops_the_start(name):
    holders = {
        key
        for s in SERVICES.values()
        for key, value in s.get("environment", {}).items()
        if f"${{{name}}}" in str(value)
    }
    judged = {secret.variable for secret in INSTALLATION}
    judged |= set(re.findall(r'"\$([A-Z_]+)"', (ROOT / "ops/containers/create-databases.sh").read_text()))
    assert holders & judged
