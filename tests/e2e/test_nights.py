"""One installation as a team has it: two nights by schedule from an empty folder, then one again by command.

Two hundred canary people and twenty canary secrets live in it all the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from include.warehouse import versions
from tests import canaries
from tests.kept import DAGS, INGESTS, Kept
from tests.night import open_to_others

PEOPLE = 400


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Kept up by `make up`, with two nights behind it."""
    kept = Kept(tmp_path_factory.mktemp("nights") / "var", PEOPLE)
    kept.env = canaries.plant(kept.house.settings, PEOPLE, kept.house.seed, kept.nights[0])
    try:
        code, said = kept.up()
        assert code == 0, said
        kept.await_that("the last report", lambda: kept.ended("report_results", kept.nights[-1]))
        yield kept
    finally:
        kept.command("down")


def version_of(kept: Kept, night: date) -> Path:
    """The folder of the one version of a date."""
    (folder,) = (kept.house.var / "published").glob(f"{night}*")
    return folder


@dataclass(frozen=True)
class Again:
    """What a past date, run again by `make nightly` on what was down, has changed; and what it printed."""

    before: dict[str, str]
    after: dict[str, str]
    received: tuple[dict[str, bytes], dict[str, bytes]]
    printed: str


@pytest.fixture(scope="module")
def again(kept: Kept) -> Again:
    """The first of the two dates, which by now is a past one."""
    house, day = kept.house, kept.nights[0]
    kept.command("down")
    before, received = house.published(version_of(kept, day).name), house.receivers()
    code, printed = house.night(str(day), **kept.env)
    assert code == 0, printed
    after = house.published(version_of(kept, day).name)
    return Again(before, after, (received, house.receivers()), printed)


def test_each_scheduled_night_ran_once_in_order_and_green(kept):
    api = kept.api()
    for dag in DAGS:
        runs = [api.run_of(dag, night) for night in kept.nights]
        assert [run["state"] for run in runs] == ["success", "success"], dag
        assert len([r for r in api.runs(dag) if r["state"] == "success"]) == 2, f"{dag}: each once"
        ends = [datetime.fromisoformat(run["end_date"]) for run in runs]
        assert ends == sorted(ends), dag
        tasks = [task for run in runs for task in api.tasks(dag, run["dag_run_id"])]
        assert {task["state"] for task in tasks} <= {"success", "skipped"}, dag
    names = [api.run_of("build_customer360", night)["dag_run_id"] for night in kept.nights]
    assert names == [f"scheduled__{night}" for night in kept.nights]


def test_the_second_night_begins_to_read_when_the_first_has_sent(kept):
    api = kept.api()
    sent = api.run_of("send_messages", kept.nights[0])["end_date"]
    read = [
        task["start_date"]
        for dag in INGESTS
        for task in api.tasks(dag, f"scheduled__{kept.nights[1]}")
        if task["task_id"] == "land_stream"
    ]
    assert len(read) > 4
    assert datetime.fromisoformat(min(read)) >= datetime.fromisoformat(sent)


def test_both_nights_are_published_and_readers_see_the_second(kept):
    assert versions.dates(kept.house.settings) == kept.nights
    assert kept.house.version().startswith(str(kept.nights[1]))


def test_both_reports_account_for_every_row_and_name_no_stale_channel(kept):
    summaries = [kept.house.summary(str(night)) for night in kept.nights]
    streams = [s for night in summaries for channel in night["channels"].values() for s in channel.values()]
    assert len(streams) >= 20
    for s in streams:
        assert s["rows_in"] == s["loaded"] + s["duplicate"] + sum(s["quarantined"].values())
    assert sum(s["duplicate"] for s in streams) > 0
    assert sum(sum(s["quarantined"].values()) for s in streams) > 0
    assert all(night["stale"] in ([], {}) for night in summaries)


def test_the_published_version_holds_customers_and_their_records(kept):
    folder = kept.house.var / "published" / kept.house.version()
    db = duckdb.connect()
    customers = f"select count(*), count(distinct customer_id) from '{folder}/dim_customers.parquet'"
    rows, distinct = db.execute(customers).fetchone()
    assert rows == distinct == kept.house.summary(str(kept.nights[1]))["customers"]["total"] > 100
    orphans = db.execute(
        f"select count(*) from '{folder}/customer_records.parquet' as r "
        f"anti join '{folder}/dim_customers.parquet' as c using (customer_id)"
    )
    assert orphans.fetchone() == (0,)


def test_each_welcome_left_once_and_each_audience_file_arrived_once(kept):
    mails = [m["message_id"] for m in kept.house.received("smtp")]
    files = [file["path"] for file in kept.house.received("sftp")]
    assert mails and len(mails) == len(set(mails))
    assert files and len(files) == len(set(files))
    figures = [kept.house.summary(str(night))["destinations"].values() for night in kept.nights]
    assert sum(d["confirmed"] for night in figures for d in night) > len(mails)


def test_the_report_is_a_page_of_its_own(kept):
    for night in kept.nights:
        page = (kept.house.var / "reports" / str(night) / "index.html").read_text()
        assert "<html" in page
        assert "http-equiv" not in page
        assert "src=" not in page.replace('src="data:', "")


def test_whatever_listened_listened_on_this_machine_alone(kept):
    assert {ip for ip, _ in kept.heard} <= {"127.0.0.1", "::1"}
    api_and_systems = 6
    assert len({port for _, port in kept.heard}) >= api_and_systems


def test_up_again_says_that_it_is_up(kept):
    code, said = kept.up()
    assert code == 0
    assert "up already" in said and "password" in said


def test_a_night_by_command_on_what_is_up_refuses_another_company(kept):
    code, said = replace(kept.house, people=999).night(str(kept.nights[1]))
    assert code == 2
    assert "people" in said and kept.pids()


def test_down_stops_what_was_started_and_says_so(kept):
    code, said = kept.command("down")
    assert code == 0
    assert "stopped Airflow" in said and "sandbox" in said
    assert kept.pids() == []
    assert kept.command("down") == (0, "nothing was running\n")


def test_a_past_date_run_again_publishes_the_same_bytes_and_sends_nothing(kept, again):
    assert again.after == again.before
    assert again.received[1] == again.received[0]
    assert "is published and not sent: a newer date is" in again.printed
    assert kept.house.version().startswith(str(kept.nights[1]))


def test_a_night_by_command_leaves_nothing_running(kept, again):
    assert kept.pids() == []


def test_the_canaries_went_all_the_way(kept):
    """Into the lake, the profile, the files and mails that left: else that none is found means nothing."""
    house, db = kept.house, duckdb.connect()
    folder = house.var / "published" / house.version()
    known = f"select count(distinct address) from '{folder}/dim_contact_points.parquet' where address like ?"
    assert db.execute(known, ["%@aviary.example"]).fetchone() == (canaries.IDENTITIES,)
    landed = f"select count(*) from '{house.var}/lake/shop/customers/*/data.parquet' where email like ?"
    assert db.execute(landed, ["%@aviary.example"]).fetchone()[0] >= canaries.IDENTITIES
    received = house.var / "sandbox" / "sftp", house.var / "sandbox" / "received"
    told = {name.split(",")[0] for _, name in canaries.search(canaries.identities(), *received)}
    assert len(told) >= 10


def test_no_canary_stands_where_people_look(kept, again, tmp_path):
    """Logs, the metadata database with its XComs and rendered templates, dbt, the run log, the reports."""
    var = kept.house.var
    (tmp_path / "printed").mkdir()
    (tmp_path / "printed" / "night.txt").write_text(again.printed)
    (tmp_path / "metadata").mkdir()
    rows = canaries.dump(var / "airflow" / "airflow.db", tmp_path / "metadata")
    (tmp_path / "ledger").mkdir()
    held = canaries.dump(var / "ledger.sqlite", tmp_path / "ledger")
    for table in ("xcom", "rendered_task_instance_fields", "task_instance", "log", "dag_run"):
        assert rows[table] > 0, table
    assert held["messages"] > 0 and held["audience_members"] > 0
    places = {
        **{f"logs/{name}": var / "logs" / name for name in ("airflow", "services", "dbt")},
        **{"dbt target": var / "warehouse" / "dbt", "reports": var / "reports", "run log": var / "runlog"},
        **{name: tmp_path / name for name in ("printed", "metadata", "ledger")},
    }
    files = {name: canaries.count_files(place) for name, place in places.items()}
    print(f"searched {files}; rows: metadata {sum(rows.values())}, ledger {sum(held.values())}")
    assert all(files.values()), files
    assert sum(files.values()) > 60 and sum(rows.values()) > 300
    known = canaries.identities() | canaries.secrets()
    found = {(str(path), name) for path, name in canaries.search(known, *places.values())}
    assert found == set()
    control = canaries.search({"a word that is there": "build_customer360"}, *places.values())
    assert {"logs/services", "metadata", "printed"} <= {
        name for name, place in places.items() if any(place in path.parents for path, _ in control)
    }


def test_nothing_that_is_kept_is_open_to_other_users_of_the_machine(kept, again):
    assert open_to_others(kept.house.var) == []
    logs = [path for path in (kept.house.var / "logs").rglob("*") if path.is_file()]
    reports = list((kept.house.var / "reports").rglob("index.html"))
    assert len(logs) > 20 and reports


def test_secrets_stand_in_private_files_of_their_own_and_nowhere_else(kept):
    var = kept.house.var
    holders = {path for path, _ in canaries.search(canaries.secrets(), var)}
    named = {str(path.relative_to(var)) for path in holders}
    assert named >= {"sandbox/doors.json", "sandbox/connections.json", "airflow/jwt.key"}
    assert {name.split("/")[0] for name in named} == {"sandbox", "airflow"}
    assert [str(path) for path in holders if not canaries.is_private(path)] == []
