"""What the page on deployment says to type is true: it is taken from the page and run, where it can be."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import yaml
from sqlalchemy import insert, text

from include.ledger.engine import open_ledger
from include.ledger.models import AudiencePlan
from include.sandbox.servers.programs import binaries
from include.settings import ROOT, Settings
from tests.fixtures.postgres import Server, server

PAGE = (ROOT / "docs" / "how-to" / "deploy-upgrade-and-back-up.md").read_text(encoding="utf-8")
SERVICES = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))["services"]
LINES = [
    line.strip() for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
IN_POSTGRES = [line.partition("exec -T postgres ")[2] for line in LINES if "exec -T postgres " in line]
BY_AIRFLOW = [line.partition(" airflow ")[2] for line in LINES if "exec -T api-server airflow " in line]
DAY = date(2026, 3, 15)
AIRFLOWS, LEDGERS = "it's one of seventeen", "another of seventeen"
PASSWORDS = {
    "POSTGRES_PASSWORD": "the third of seventeen",
    "AIRFLOW_DATABASE_PASSWORD": AIRFLOWS,
    "LEDGER_DATABASE_PASSWORD": LEDGERS,
}


class Databases:
    """A PostgreSQL as the compose file makes it, and its own programs to type."""

    def __init__(self, running: Server) -> None:
        self.port = running.port
        owner = running.postgres.connect("postgres").info.password
        path = os.pathsep.join([str(binaries()), os.environ["PATH"]])
        self.environment = {
            "PATH": path,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(running.port),
            "PGPASSWORD": owner,
        }

    def script(self, **environment: str) -> int:
        """Run what the postgres image runs when its volume is new."""
        command = [ROOT / "ops" / "containers" / "create-databases.sh"]
        return subprocess.run(command, env=self.environment | environment, check=False).returncode

    def type(self, line: str, folder: Path) -> str:
        """Type a line of the page in the container's shell; what it prints."""
        done = subprocess.run(
            line, shell=True, cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def connect(self, user: str, password: str, database: str) -> psycopg.Connection:
        """A connection of one of the two owners."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=database
        )

    def ledger(self, folder: Path) -> Settings:
        """Settings of a house with this ledger."""
        url = f"postgresql+psycopg://ledger:{quote(LEDGERS)}@127.0.0.1:{self.port}/ledger"
        return Settings(var=folder / "var", ledger_url=url)


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    with server() as running:
        made = Databases(running)
        for weak in ("", "fifteen letters", AIRFLOWS):  # blank, short, the same as another's
            assert made.script(**PASSWORDS | {"LEDGER_DATABASE_PASSWORD": weak}) == 2
        assert made.script(**PASSWORDS) == 0
        yield made


def test_each_database_has_an_owner_who_cannot_open_the_other(databases):
    with databases.connect("airflow", AIRFLOWS, "airflow") as db:
        db.execute("create table public.mine (id int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        databases.connect("airflow", AIRFLOWS, "ledger")


def test_a_ledger_restored_as_the_page_says_is_the_one_that_was_dumped(databases, tmp_path):
    settings = databases.ledger(tmp_path)
    engine = open_ledger(settings)
    with engine.begin() as db:
        db.execute(insert(AudiencePlan).values(sync="a", business_date=DAY, members=7, held_back={}))
    engine.dispose()
    dump, restore = (
        next(line for line in IN_POSTGRES if line.startswith(program) and "ledger.dump" in line)
        for program in ("pg_dump", "pg_restore")
    )
    databases.type(dump, tmp_path)
    engine = open_ledger(settings)
    with engine.begin() as db:
        db.execute(text("delete from audience_plans"))
        db.execute(text("create table of_a_newer_release (id int)"))
    engine.dispose()
    databases.type(restore, tmp_path)
    engine = open_ledger(settings)
    with engine.begin() as db:
        assert db.scalar(text("select members from audience_plans")) == 7
        assert db.scalar(text("select to_regclass('of_a_newer_release')")) is None
    engine.dispose()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        databases.connect("airflow", AIRFLOWS, "ledger")


def test_what_the_page_asks_the_ledger_it_can_answer(databases, tmp_path):
    open_ledger(databases.ledger(tmp_path)).dispose()
    (question,) = [line for line in IN_POSTGRES if "--dbname ledger --command" in line]
    assert "(0 rows)" in databases.type(question, tmp_path)


def test_airflow_knows_every_command_of_the_page(tmp_path):
    assert len(BY_AIRFLOW) >= 4
    code = "import shlex, sys; from airflow.cli.cli_parser import get_parser; "
    code += "[get_parser().parse_args(shlex.split(line)) for line in sys.argv[1:]]"
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code, *BY_AIRFLOW], env=environment, check=True)


def test_every_service_and_file_that_the_page_names_is_there():
    typed = [shlex.split(line) for line in LINES if line.startswith("docker-compose ")]
    assert len(typed) >= 12
    named = {word for words in typed for word in words if re.fullmatch(r"[a-z-]+", word)}
    assert {"postgres", "api-server", "network"} <= named & set(SERVICES)
    after = [words[words.index("exec") + 1 :] for words in typed if "exec" in words]
    targets = [next(word for word in words if not word.startswith("-")) for words in after]
    assert set(targets) <= set(SERVICES)
    variables = set(re.findall(r"`([A-Z_]{6,})(?:=[^`]*)?`", PAGE))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert variables and [name for name in variables if f"\n{name}=" not in example] == []
