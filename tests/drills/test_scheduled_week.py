"""Five nights under the scheduler: sources down, the scheduler killed, a date run twice."""

import contextlib
import json

import duckdb
import psutil
import pytest

from include import sandbox
from include.sandbox.adplatform import members
from ops import roster
from ops.share import own_seconds
from tests.kept import DAGS, INGESTS, Kept


class Week(Kept):
    """Five nights to catch up on, of 300 people."""

    def tasks(self, dag, night):
        run = self.api().run_of(dag, night)
        return self.api().tasks(dag, run["dag_run_id"]) if run else []

    def kill_the_scheduler(self):
        """SIGKILL it and all that it has started."""
        pids = json.loads((self.house.var / "airflow" / "pids.json").read_text())
        leader = psutil.Process(pids[roster.SERVICES.index("scheduler")])
        for process in [leader, *leader.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                process.kill()


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    week = Week(tmp_path_factory.mktemp("week") / "var", people=300, nights=5)
    settings = week.house.settings
    _, shop_down, email_down, killed, twice = week.nights
    try:
        code, said = week.up()
        assert code == 0, said
        print(said)
        week.await_that("the first night's shop", lambda: week.ended("ingest_shop", week.nights[0]))
        sandbox.set_fault(settings, "shop", "http_500")
        week.await_that("the shop's third try", lambda: third_try_failed(week, shop_down))
        sandbox.clear_faults(settings)
        week.await_that("the second night's e-mail", lambda: week.ended("ingest_email", shop_down))
        sandbox.set_fault(settings, "email", "http_500")
        week.await_that("the third night's e-mail", lambda: week.ended("ingest_email", email_down))
        sandbox.clear_faults(settings)
        week.await_that("the fourth night's build", lambda: is_building(week, killed))
        week.kill_the_scheduler()
        code, said = week.up()
        assert code == 0, said
        print(said)
        week.await_that("the fourth night", lambda: week.ended("report_results", killed))
        week.double = [start_again(week, dag, twice) for dag in (*INGESTS, "build_customer360")]
        week.await_that("the fifth night", lambda: week.ended("report_results", twice))
        week.await_that("the doubled runs", lambda: all_ended(week))
        yield week
    finally:
        week.command("down")


def third_try_failed(week, night):
    return any(
        task["try_number"] >= 3 and task["state"] == "up_for_retry"
        for task in week.tasks("ingest_shop", night)
    )


def is_building(week, night):
    return any(
        task["task_id"] == "build_profile" and task["state"] == "running"
        for task in week.tasks("build_customer360", night)
    )


def start_again(week, dag, night):
    """A second run of the date, by hand, while the first is still going on."""
    run_id = f"again__{night}"
    body = {"dag_run_id": run_id, "logical_date": None, "conf": {"date": str(night)}}
    week.api()._call("POST", f"/dags/{dag}/dagRuns", json=body)
    return dag, run_id


def all_ended(week):
    return all(week.api().state(dag, run_id) in ("success", "failed") for dag, run_id in week.double)


def test_each_night_is_published_and_reported(week):
    for night in week.nights:
        assert week.house.summary(str(night))["version"].startswith(str(night))
        assert week.ended("build_customer360", night)["state"] == "success", night
        streams = [s for c in week.house.summary(str(night))["channels"].values() for s in c.values()]
        for s in streams:
            assert s["rows_in"] == s["loaded"] + s["duplicate"] + sum(s["quarantined"].values())


def test_a_required_source_that_came_back_at_its_third_retry_cost_nothing(week):
    tries = [
        t["try_number"] for t in week.tasks("ingest_shop", week.nights[1]) if t["task_id"] == "land_stream"
    ]
    assert max(tries) == 4
    assert week.house.summary(str(week.nights[1]))["stale"] in ([], {})


def test_the_night_without_the_optional_source_says_so_and_the_next_has_it_again(week):
    stale = [s["channel"] for s in week.house.summary(str(week.nights[2]))["stale"]]
    assert stale == ["email"]
    assert week.ended("ingest_email", week.nights[2])["state"] == "failed"
    assert week.house.summary(str(week.nights[3]))["stale"] in ([], {})


def test_nothing_left_twice(week):
    mails = [m["message_id"] for m in week.house.received("smtp")]
    files = [f["path"] for f in week.house.received("sftp")]
    assert mails and len(mails) == len(set(mails))
    assert files and len(files) == len(set(files))


def test_the_ad_platform_holds_the_audience_as_it_is(week):
    folder = week.house.var / "published" / week.house.version()
    held = set(members(week.house.var / "sandbox", "lapsed_buyers_to_meta_ads"))
    db = duckdb.connect()
    wanted = db.execute(
        f"select distinct m.customer_id from '{folder}/fct_audience_membership.parquet' as m "
        f"join '{folder}/dim_contact_points.parquet' as p using (customer_id) "
        "where m.audience = 'lapsed_buyers' and p.has_marketing_consent and not p.is_suppressed"
    ).fetchall()
    assert held == {row[0] for row in wanted}


def test_the_doubled_date_has_one_version_and_both_its_runs_are_green(week):
    for dag, run_id in week.double:
        assert week.api().state(dag, run_id) == "success", dag
    names = [
        path.name
        for path in (week.house.var / "published").iterdir()
        if path.name.startswith(str(week.nights[4]))
    ]
    assert len(names) == 1


def test_what_airflow_itself_costs_is_told(week):
    logs = week.house.var / "logs" / "airflow"
    for night in week.nights:
        own = own_seconds(logs, [task for dag in DAGS for task in week.tasks(dag, night)])
        print(f"{night}: {own}")
        assert 0 < own["airflow"] < own["total"]
