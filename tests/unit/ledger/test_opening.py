"""The ledger opens from nothing, from several processes at once, and again without change."""

import multiprocessing
import os
import stat
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from include.errors import FixConnection, OmniError, RetryLater
from include.ledger import engine as engine_module
from include.ledger import held
from include.ledger.engine import MIGRATIONS, open_ledger, revision, writing
from include.ledger.hashes import keys_of
from include.ledger.models import Base
from include.sandbox.parameters import FIRST_DATE, Parameters, World, write_world
from include.settings import ROOT, Settings
from tests.fixtures.postgres import PASSWORD
from tests.unit.ledger.conftest import everything, on_postgresql, on_sqlite

HEAD = max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("r*.py"))


@pytest.fixture
def unmade(settings, request):
    """Settings of a ledger whose database holds nothing yet."""
    if not settings.ledger_url:
        yield settings
        return
    server = request.getfixturevalue("postgres")
    yield settings.model_copy(update={"ledger_url": server.create("unmade")})
    server.drop("unmade")


def open_it(settings: Settings) -> str:
    engine = open_ledger(settings)
    try:
        return str(revision(engine))
    finally:
        engine.dispose()


def test_an_empty_database_becomes_what_the_models_say(unmade):
    engine = open_ledger(unmade)
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), Base.metadata) == []
    assert revision(engine) == HEAD
    engine.dispose()


FIRST_LEDGER = """
insert into audience_plans values ('s', '2026-03-15', 1, '{}');
insert into audience_batches
 (batch_id, sync, destination, audience, business_date, ordinal, state, file_path, file_sha256, fence)
 values ('b', 's', 'mailhouse', 'a', '2026-03-15', 0, 'acknowledged', '/incoming/f', 'x', 1);
insert into audience_operations values ('b', 'm', 'add', 'h');
insert into audience_members values ('s', 'm', 'h', 'b')
"""


def test_a_ledger_of_the_first_version_is_carried_over_with_what_it_holds(unmade, monkeypatch):
    monkeypatch.setattr(command, "upgrade", partial(to_revision, upgrade=command.upgrade, revision="0001"))
    monkeypatch.setattr(engine_module, "_bring_up_hashes", lambda *_: None)  # there were no keys
    engine = open_ledger(unmade)
    with writing(engine) as db:
        for statement in FIRST_LEDGER.split(";"):
            db.execute(text(statement))
    engine.dispose()
    monkeypatch.undo()
    engine = open_ledger(unmade)
    with engine.connect() as db:
        assert held.known_members(db, "s") == {"m": held.Known(keys_of(engine).raised("h", 0))}
        told = text("select reference, fingerprint, question from audience_batches")
        assert db.execute(told).one() == ("/incoming/f", "x", None)
        assert compare_metadata(MigrationContext.configure(db), Base.metadata) == []
    engine.dispose()


def to_revision(config, _, upgrade, revision):
    upgrade(config, revision)


@on_sqlite
def test_opening_again_changes_nothing(settings):
    open_ledger(settings).dispose()
    path = settings.var / "ledger.sqlite"
    before = path.read_bytes()
    open_ledger(settings).dispose()
    assert path.read_bytes() == before and len(before) > 10_000


def test_eight_processes_may_open_a_new_ledger_at_once(unmade):
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(open_it, [unmade] * 8) == [HEAD] * 8
    engine = create_engine(unmade.ledger)
    with engine.connect() as db:
        assert db.execute(text("select version_num from alembic_version")).all() == [(HEAD,)]
    engine.dispose()


def test_threads_may_open_ledgers_of_their_own_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_it, [Settings(var=tmp_path / str(n)) for n in range(8)])) == [HEAD] * 8


@on_sqlite
def test_a_commit_is_on_disk_and_readers_do_not_wait(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@on_sqlite
def test_the_file_is_private(settings):
    open_ledger(settings).dispose()
    assert stat.S_IMODE((settings.var / "ledger.sqlite").stat().st_mode) == 0o600


@on_postgresql
def test_a_claim_sees_what_was_committed_while_it_waited_whatever_the_servers_default(settings):
    engine = open_ledger(settings)
    with engine.connect() as db:
        assert db.scalar(text("show transaction_isolation")) == "read committed"
        assert db.scalar(text("show timezone")) == "Asia/Kathmandu"
    engine.dispose()


@on_postgresql
def test_the_command_that_deployment_runs_migrates_and_says_so(unmade, tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "OMNI_VAR": str(tmp_path / "var"),
        "OMNI_LEDGER_URL": unmade.ledger_url,
    }
    command = [sys.executable, "-m", "include.ledger"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"at revision {HEAD}" in done.stdout
    assert revision(create_engine(unmade.ledger_url)) == HEAD
    assert everything(unmade) == ""
    wrong = environment | {"OMNI_LEDGER_URL": str(make_url(unmade.ledger_url).set(password="wr0ng"))}
    failed = subprocess.run(command, env=wrong, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "OMNI_LEDGER_URL" in failed.stderr


def test_the_command_keeps_the_made_up_company_out_of_a_real_night(tmp_path):
    (tmp_path / "sandbox").mkdir()
    write_world(Settings(var=tmp_path), World(Parameters(20, 7, FIRST_DATE), FIRST_DATE))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMNI_VAR": str(tmp_path), "OMNI_LEDGER_URL": ""}
    command = [sys.executable, "-m", "include.ledger"]
    made_up = subprocess.run(command, env=environment | {"OMNI_CLOCK": "sandbox"}, check=False)
    assert made_up.returncode == 0
    wall = environment | {"OMNI_CLOCK": "wall"}
    refused = subprocess.run(command, env=wall, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "holds the made-up company" in refused.stderr


def test_the_command_says_in_one_line_that_a_file_is_no_ledger(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("something else that somebody has put there\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMNI_VAR": str(tmp_path), "OMNI_LEDGER_URL": ""}
    command = [sys.executable, "-m", "include.ledger"]
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr == "OMNI_LEDGER_URL: this database cannot be used: file is not a database\n"


def without_server(url: str) -> str:
    return make_url(url).set(port=1).render_as_string(hide_password=False)


@on_postgresql
@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda url: url.replace("%2F", "%2B"), FixConnection, "password authentication failed"),
        (lambda url: url.rsplit("/", 1)[0] + "/nowhere", FixConnection, 'database "nowhere" does not exist'),
        (without_server, RetryLater, "no database answers"),
        (lambda url: "postgresql://keeper:" + PASSWORD + "@127.0.0.1/ledger", OmniError, "URL"),
        (lambda url: "postgresql://keeper@127.0.0.1:the#keeper/ledger", FixConnection, "not a database URL"),
        (lambda url: "the#keeper", FixConnection, "not a database URL"),
        (lambda url: "mysql://keeper:the#keeper@127.0.0.1/ledger", FixConnection, "must begin with"),
    ],
)
def test_a_wrong_address_names_the_setting_and_never_the_password(settings, change, error, said):
    wrong = settings.model_copy(update={"ledger_url": change(settings.ledger_url)})
    with pytest.raises(error, match=said) as caught:
        open_ledger(wrong)
    told = "".join(traceback.format_exception(caught.value))
    assert "OMNI_LEDGER_URL" in str(caught.value)
    for part in ("the#keeper", "the%23keeper", quote(PASSWORD, safe="")):
        assert part not in told
