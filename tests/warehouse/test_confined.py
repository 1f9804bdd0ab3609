"""What a model reaches for that nobody saw beforehand: DuckDB opens nothing, and dbt knows no secret.

The look at the models (include/warehouse/reach.py) is switched off here: what is behind it must hold alone.
"""

import json
import secrets
import shutil
import threading
import time

import duckdb
import psutil
import pytest

from include.errors import CheckFailed
from include.hash_keys import load_keys
from include.settings import Settings
from include.warehouse import dbt
from include.warehouse.confine import confine
from include.warehouse.dbt import run_dbt
from include.warehouse.hashing import note_keys
from include.warehouse.shapes import PROJECT
from tests.conftest import HASH_KEY

OTHER = secrets.token_hex(32)
SECRETS = {
    "OMNI_UNSUBSCRIBE_SECRET": "the secret of links",
    "AIRFLOW__CORE__FERNET_KEY": "the key of connections",
    "AIRFLOW_CONN_SMTP_RELAY": "smtp://who:knows@127.0.0.1",
    "OMNI_LEDGER_URL": "sqlite:////nowhere",
    "DBT_ENV_SECRET_TOKEN": "the token of dbt",
    "AWS_SECRET_ACCESS_KEY": "the key of the lake",
}
# name of a model → its text; {outside} is a file that is not the build's, {inside} a folder that it may read
REFUSED = {
    "read_text": "select content from read_text('/etc/passwd')",
    "read_blob": "select content from read_blob('/proc/self/environ')",
    "read_csv": "select * from read_csv('{outside}')",
    "read_beside": "select * from read_csv('{inside}/../outside.csv')",
    "read_home": "select * from read_csv('~/outside.csv')",
    "from_file": "select * from '{outside}'",
    "glob_etc": "select * from glob('/etc/*')",
    "environment": "select getenv('PATH') as path",
    "over_http": "select * from read_csv('https://127.0.0.1:1/x.csv')",
    "copy_hook": "{{{{ config(post_hook=\"copy (select 42 as a) to '{written}'\") }}}} select 1 as a",
    "copy_in": "select 1 as a); copy (select 42 as a) to '{written}'; create table t as (select 1",
    "attach_hook": "{{{{ config(pre_hook=\"attach '{written}' as other\") }}}} select 1 as a",
    "install_hook": '{{{{ config(pre_hook="install httpfs") }}}} select 1 as a',
    "load_hook": '{{{{ config(pre_hook="load httpfs") }}}} select 1 as a',
    "open_hook": '{{{{ config(pre_hook="set enable_external_access = true") }}}} select 1 as a',
    "set_hook": "{{{{ config(pre_hook=\"set TimeZone = 'Asia/Tokyo'\") }}}} select 1 as a",
    "home_hook": "{{{{ config(pre_hook=\"set home_directory = '/etc'\") }}}} select 1 as a",
    "unlock_hook": '{{{{ config(pre_hook="reset lock_configuration") }}}} select 1 as a',
    "export_hook": "{{{{ config(post_hook=\"export database '{written}'\") }}}} select 1 as a",
    "external": "{{{{ config(materialized='external', location='{written}') }}}} select 1 as a",
}
# dbt itself keeps names that begin with DBT_ENV_SECRET from models
NAMES = [*(name for name in SECRETS if not name.startswith("DBT_")), "OMNI_HASH_KEYS", "OMNI_VAR"]
BUILT = {
    "no_secrets": "select count(*) as a from duckdb_secrets()",
    "inside": "select a from read_csv('{inside}/given.csv')",
    "hashed": "select keyed_hash('+447700900123') as number, current_setting('TimeZone') as zone",
    "asking": "select "
    + ", ".join(f"'{{{{{{{{ env_var('{name}', 'unset') }}}}}}}}' as v{n}" for n, name in enumerate(NAMES)),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One `dbt build` of all those models: what became of each, the warehouse file, and the folder."""
    folder = tmp_path_factory.mktemp("confined")
    (folder / "inside").mkdir()
    (folder / "inside" / "given.csv").write_text("a\n7\n")
    (folder / "outside.csv").write_text("a\n99\n")
    places = {
        "inside": folder / "inside",
        "outside": folder / "outside.csv",
        "written": folder / "written",
    }
    project = make_project(
        folder, {name: text.format(**places) for name, text in {**REFUSED, **BUILT}.items()}
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(folder))
        unguarded(patch, project)
        settings = Settings(var=folder / "var", ledger_url="")
        file = folder / "warehouse.duckdb"
        nodes, seen = watched(settings, file, {"inputs": str(places["inside"])})
    return {node["unique_id"].split(".")[-1]: node for node in nodes}, file, folder, seen


def make_project(folder, models):
    project = folder / "project"
    (project / "models" / "audiences").mkdir(parents=True)
    shutil.copy(PROJECT / "profiles.yml", project)
    (project / "dbt_project.yml").write_text(
        "name: confined\nversion: '1.0'\nprofile: omnichannel\nmodels: {confined: {+materialized: table}}\n"
    )
    for name, text in models.items():
        (project / "models" / "audiences" / f"{name}.sql").write_text(text)
    return project


def unguarded(patch, project):
    patch.setattr(dbt, "PROJECT", project)
    patch.setattr(dbt, "refuse_reaching", lambda _: None)
    patch.setattr(dbt, "load_shapes", lambda _: None)


def watched(settings, file, variables):
    """Results of a build, and what the machine could see of its process: command line and environment."""
    seen = []

    def watch():
        end = time.monotonic() + 120
        while time.monotonic() < end and not seen:
            for child in psutil.Process().children():
                line = child.cmdline()
                if "dbt.cli.main" in " ".join(line):
                    seen.append((line, child.environ()))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, nodes = run_dbt(settings, ["build", "--quiet"], file, variables)
    watcher.join()
    return nodes, seen


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_a_model_may_not_reach_is_refused_and_the_model_named(built, name):
    node = built[0][name]
    assert node["status"] == "error"
    refused = ("Permission Error", "does not exist", "has been locked", "disabled by configuration", "Cannot")
    assert any(word in node["message"] for word in refused), node["message"]
    assert f"model {name} " in node["message"] or f"{name}.sql" in node["message"]


def test_nothing_was_written_and_nothing_of_a_file_is_in_an_error(built):
    nodes, _, folder, _ = built
    assert sorted(path.name for path in folder.iterdir()) == [
        *("inside", "outside.csv", "project", "var"),
        *(name for name in ("warehouse.duckdb",)),
    ]
    assert sorted(path.name for path in (folder / "inside").iterdir()) == ["given.csv"]
    assert "root:" not in json.dumps(list(nodes.values()))


def test_what_a_build_needs_is_there(built):
    nodes, file, folder, _ = built
    assert {name: nodes[name]["status"] for name in BUILT} == dict.fromkeys(BUILT, "success")
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute("select a from inside").fetchall() == [(7,)]
        assert con.execute("select a from no_secrets").fetchall() == [(0,)]
        number, zone = con.execute("select * from hashed").fetchone()
    keys = load_keys(Settings(var=folder / "var"))
    assert (number, zone) == (keys.keyed("+447700900123"), "UTC")


def test_no_variable_with_a_secret_is_there_to_be_asked_for(built):
    with duckdb.connect(str(built[1]), read_only=True) as con:
        assert con.execute("select * from asking").fetchall() == [("unset",) * len(NAMES)]


def test_neither_command_line_nor_environment_of_dbt_nor_any_file_holds_a_key(built):
    _, _, folder, seen = built
    (key,) = load_keys(Settings(var=folder / "var")).keys
    ((line, environment),) = seen
    said = " ".join(line) + json.dumps(environment)
    assert key.hex() not in said and not [value for value in SECRETS.values() if value in said]
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 20
    assert not [
        path for path in written if key.hex().encode() in path.read_bytes() or key in path.read_bytes()
    ]


def test_a_variable_without_a_default_stops_dbt_and_the_file_is_named(tmp_path, monkeypatch, capfd):
    project = make_project(tmp_path, {"asks": "select '{{ env_var(\"OMNI_UNSUBSCRIBE_SECRET\") }}' as s"})
    unguarded(monkeypatch, project)
    monkeypatch.setenv("OMNI_UNSUBSCRIBE_SECRET", SECRETS["OMNI_UNSUBSCRIBE_SECRET"])
    with pytest.raises(CheckFailed, match="stopped before it built anything"):
        run_dbt(Settings(var=tmp_path / "var"), ["build"], tmp_path / "w.duckdb", {})
    said = capfd.readouterr().out
    assert "OMNI_UNSUBSCRIBE_SECRET" in said and SECRETS["OMNI_UNSUBSCRIBE_SECRET"] not in said


def test_a_file_that_was_opened_under_other_keys_is_not_built_on(tmp_path, monkeypatch):
    project = make_project(tmp_path, {"hashed": "select keyed_hash('x') as x"})
    unguarded(monkeypatch, project)
    settings, file = Settings(var=tmp_path / "var"), tmp_path / "w.duckdb"
    with duckdb.connect(str(file)) as con:
        note_keys(con, load_keys(settings))
    other = Settings(**dict(settings) | {"hash_keys": OTHER})
    with pytest.raises(CheckFailed, match="clear open_candidate"):
        run_dbt(other, ["build", "--quiet"], file, {})
    later = Settings(**dict(settings) | {"hash_keys": f"{HASH_KEY},{OTHER}"})
    run_dbt(later, ["build", "--quiet"], file, {})
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute("select x from hashed").fetchall() == [(load_keys(settings).keyed("x"),)]


def test_once_confined_a_database_stays_so_for_every_cursor(tmp_path):
    con = duckdb.connect(str(tmp_path / "w.duckdb"))
    confine(con, [str(tmp_path / "inside")])
    for statement in (
        "set allowed_directories = ['/']",
        "set enable_external_access = true",
        "reset allowed_paths",
    ):
        for one in (con, con.cursor()):
            with pytest.raises(duckdb.Error):
                one.execute(statement)
    assert con.cursor().execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
    con.close()
