"""One whole night through Airflow's own services, from an empty folder to the report."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests import canaries
from tests.night import FIRST, House


@dataclass(frozen=True)
class Watched:
    """A night with canaries in it: what it printed, and where its processes listened."""

    house: House
    printed: str
    sockets: set[tuple[str, int]]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    house = House(tmp_path_factory.mktemp("night") / "var")
    env = canaries.plant(house.settings, house.people, house.seed, date.fromisoformat(FIRST))
    code, out, sockets = house.watched_night(**env)
    assert code == 0, out
    return Watched(house, out, sockets)


@pytest.fixture(scope="module")
def house(night: Watched) -> House:
    return night.house


def test_every_row_read_is_accounted_for(house):
    streams = [s for channel in house.summary()["channels"].values() for s in channel.values()]
    assert len(streams) >= 10
    for s in streams:
        assert s["rows_in"] == s["loaded"] + s["duplicate"] + sum(s["quarantined"].values())
    assert sum(s["duplicate"] for s in streams) > 0
    assert sum(sum(s["quarantined"].values()) for s in streams) > 0


def test_the_published_version_holds_customers_and_their_records(house):
    folder = house.var / "published" / house.version()
    db = duckdb.connect()
    customers = f"select count(*), count(distinct customer_id) from '{folder}/dim_customers.parquet'"
    rows, distinct = db.execute(customers).fetchone()
    assert rows == distinct == house.summary()["customers"]["total"] > 100
    orphans = db.execute(
        f"select count(*) from '{folder}/customer_records.parquet' as r "
        f"anti join '{folder}/dim_customers.parquet' as c using (customer_id)"
    )
    assert orphans.fetchone() == (0,)


def test_each_welcome_left_once_and_each_audience_file_arrived(house):
    sent = [m["message_id"] for m in house.received("smtp")]
    assert sent and len(sent) == len(set(sent))
    files = [f["path"] for f in house.received("sftp")]
    assert files and len(files) == len(set(files))
    destinations = house.summary()["destinations"]
    assert sum(d["confirmed"] for d in destinations.values()) > len(sent)


def test_the_report_is_a_page_of_its_own(house):
    page = (house.var / "reports" / FIRST / "index.html").read_text()
    assert "<html" in page
    assert "http-equiv" not in page
    assert "src=" not in page.replace('src="data:', "")


def test_whatever_listened_that_night_listened_on_this_machine_alone(night):
    assert {ip for ip, _ in night.sockets} <= {"127.0.0.1", "::1"}
    api_and_systems = 6
    assert len({port for _, port in night.sockets}) >= api_and_systems


def test_the_canaries_went_all_the_way(house):
    """Into the lake, the profile, the files and mails that left: else that none is found means nothing."""
    db = duckdb.connect()
    folder = house.var / "published" / house.version()
    known = f"select count(distinct address) from '{folder}/dim_contact_points.parquet' where address like ?"
    assert db.execute(known, ["%@aviary.example"]).fetchone() == (canaries.IDENTITIES,)
    landed = f"select count(*) from '{house.var}/lake/shop/customers/*/data.parquet' where email like ?"
    assert db.execute(landed, ["%@aviary.example"]).fetchone()[0] >= canaries.IDENTITIES
    received = house.var / "sandbox" / "sftp", house.var / "sandbox" / "received"
    told = {name.split(",")[0] for _, name in canaries.search(canaries.identities(), *received)}
    assert len(told) >= 10


def test_no_canary_stands_where_people_look(night, tmp_path):
    """Logs, the metadata database with its XComs and rendered templates, dbt, the run log, the report."""
    var = night.house.var
    (tmp_path / "printed").mkdir()
    (tmp_path / "printed" / "night.txt").write_text(night.printed)
    (tmp_path / "metadata").mkdir()
    rows = canaries.dump(var / "airflow" / "airflow.db", tmp_path / "metadata")
    (tmp_path / "ledger").mkdir()
    kept = canaries.dump(var / "ledger.sqlite", tmp_path / "ledger")
    for table in ("xcom", "rendered_task_instance_fields", "task_instance", "log", "dag_run"):
        assert rows[table] > 0, table
    assert kept["messages"] > 0 and kept["audience_members"] > 0
    places = {
        **{f"logs/{name}": var / "logs" / name for name in ("airflow", "services", "dbt")},
        **{"dbt target": var / "warehouse" / "dbt", "reports": var / "reports", "run log": var / "runlog"},
        **{name: tmp_path / name for name in ("printed", "metadata", "ledger")},
    }
    files = {name: canaries.count_files(place) for name, place in places.items()}
    print(f"searched {files}; rows: metadata {sum(rows.values())}, ledger {sum(kept.values())}")
    assert all(files.values()), files
    assert sum(files.values()) > 60 and sum(rows.values()) > 300
    known = canaries.identities() | canaries.secrets()
    found = {(str(path), name) for path, name in canaries.search(known, *places.values())}
    assert found == set()
    control = canaries.search({"a word that is there": "build_customer360"}, *places.values())
    assert {"logs/services", "metadata", "printed"} <= {
        name for name, place in places.items() if any(place in path.parents for path, _ in control)
    }


def test_secrets_stand_in_private_files_of_their_own_and_nowhere_else(house):
    holders = {path for path, _ in canaries.search(canaries.secrets(), house.var)}
    named = {str(path.relative_to(house.var)) for path in holders}
    assert named >= {"sandbox/doors.json", "sandbox/connections.json", "airflow/jwt.key"}
    assert {name.split("/")[0] for name in named} == {"sandbox", "airflow"}
    assert [str(path) for path in holders if not canaries.is_private(path)] == []


def test_nothing_is_left_running(house):
    pids = house.var / "airflow" / "pids.json"
    assert not pids.exists() or json.loads(pids.read_text()) == []
    assert not Path(house.var / "sandbox" / "server.pid").exists()
