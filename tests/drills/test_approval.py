"""An odd change is asked about in Airflow, answered over REST, and delivered once approved."""

import contextlib
import sqlite3
import time

import duckdb
import pytest

from include import sandbox
from include.sandbox.adplatform import members
from tests.kept import Kept
from tests.night import FIRST, NEXT

SYNC = "lapsed_buyers_to_meta_ads"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A house kept up whose second night stands on a stale channel, so that the ad platform's sync asks."""
    kept = Kept(tmp_path_factory.mktemp("approval") / "var", people=500)
    first = ["up", "--port", "0", "--date", FIRST, "--people", "500", "--schedules", "off"]
    try:
        code, said = kept.command(*first)
        assert code == 0, said
        code, said = kept.house.night(FIRST)
        assert code == 0, said
        sandbox.set_fault(kept.house.settings, "email", "http_500")
        code, said = kept.house.night(NEXT)
        assert code == 1
        yield kept, said
    finally:
        kept.command("down")


def waiting(kept):
    """The question's task instance."""
    api = kept.api()
    for run in api.runs("activate_audiences"):
        for task in api.tasks("activate_audiences", run["dag_run_id"]):
            if task["state"] == "awaiting_input":
                return task
    raise AssertionError("nobody is asked")


def consented(house):
    folder = house.var / "published" / house.version()
    found = duckdb.connect().execute(
        f"select distinct m.customer_id from '{folder}/fct_audience_membership.parquet' as m "
        f"join '{folder}/dim_contact_points.parquet' as p using (customer_id) "
        "where m.audience = 'lapsed_buyers' and p.has_marketing_consent and not p.is_suppressed"
    )
    return {row[0] for row in found.fetchall()}


def test_the_night_says_that_somebody_is_asked(asked):
    _, said = asked
    assert SYNC in said.split("A person must answer")[1]
    assert "ingest_email" in said.split("A person must act")[1]


def test_what_is_approved_over_rest_is_delivered_and_who_said_so_is_kept(asked):
    kept, _ = asked
    folder, task = kept.house.var / "sandbox", waiting(kept)
    assert set(members(folder, SYNC)) != consented(kept.house)
    run = f"/dags/activate_audiences/dagRuns/{task['dag_run_id']}"
    path = f"{run}/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
    kept.api()._call("PATCH", path, json={"chosen_options": ["Approve"], "params_input": {}})
    end = time.monotonic() + 300
    while kept.api().state("activate_audiences", task["dag_run_id"]) not in ("success", "failed"):
        assert time.monotonic() < end
        time.sleep(1)
    assert kept.api().state("activate_audiences", task["dag_run_id"]) == "success"
    assert set(members(folder, SYNC)) == consented(kept.house)
    with contextlib.closing(sqlite3.connect(kept.house.var / "ledger.sqlite")) as db:
        row = db.execute("select answer, answered_by from audience_plans where answer is not null").fetchall()
    assert row == [("approved", "admin")]
