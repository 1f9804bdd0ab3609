"""Ten failed runs of different DAGs, cleared by each of four ways: UI, REST, CLI and `make nightly`."""

import time
from collections.abc import Callable

import pytest

from tests.breaking import copy_repository
from tests.kept import INGESTS
from tests.walking import BUILD, Walked

EXPOSURE = "dbt_project/models/audiences/aud_lapsed_buyers.yml"
MODEL = "dbt_project/models/staging/crm/stg_crm__records.sql"
MART = "fct_message_decisions.parquet"
CHANNELS = {"shop": "http_500", "crm": "http_500", "email": "http_500", "stores": "down"}
# each with the task at which it fails
TEN = (
    ("ingest_shop", "land_stream"),
    ("ingest_stores", "land_stream"),
    ("ingest_crm", "land_stream"),
    ("ingest_email", "land_stream"),
    ("ingest_shop", "land_stream"),
    (BUILD, "build_staging"),
    ("activate_audiences", "list_syncs"),
    ("send_messages", "plan_messages"),
    ("send_due_messages", "dispatch_due"),
    ("report_results", "write_report"),
)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cleared")
    walked = Walked(folder, 200, copy_repository(folder / "repository"))
    try:
        code, said = walked.up()
        assert code == 0, said
        yield walked
    finally:
        walked.close()


def break_sources(walked: Walked) -> None:
    """Let every source of the company fail."""
    for system, kind in CHANNELS.items():
        walked.break_source(system, kind)


def break_all(walked: Walked) -> Callable[[], None]:
    """Break every source, a model, an exposure and a mart; what is returned puts all right again."""
    break_sources(walked)
    put_back = [
        walked.edit(MODEL, "select", "select no_such_column,"),
        walked.edit(EXPOSURE, "destination: mailhouse", "destination: mailhous"),
    ]
    mart = walked.house.var / "published" / walked.house.version() / MART
    away = mart.rename(mart.with_suffix(".away"))

    def put_right() -> None:
        walked.heal_sources()
        away.rename(mart)
        for put in put_back:
            put()

    return put_right


def all_ended(walked: Walked, runs: list[tuple[str, str]], state: str) -> None:
    """See that each of these runs ends in this state."""
    for dag, run in runs:
        ended = walked.until(f"{dag} {run}", lambda dag=dag, run=run: walked.ended_as(dag, run))
        assert ended == state, f"{dag} {run} is {ended}"


def test_ten_failed_runs_of_two_dates_are_cleared_by_make_nightly(walked):
    runs, days, began = [], walked.nights[:2], time.monotonic()
    break_sources(walked)
    for day in days:
        run = walked.start_night(day)
        runs += [(dag, run) for dag in (*INGESTS, BUILD)]
        all_ended(walked, runs, "failed")
    assert len(runs) == 10
    walked.heal_sources()
    code, said = walked.house.night(str(days[0]), nights=2, **walked.env)
    assert code == 0, said
    all_ended(walked, runs, "success")
    conclude(walked, "make nightly", runs, began)


@pytest.mark.parametrize("way", ["ui", "rest", "cli"])
def test_ten_failed_runs_are_cleared(walked, way):
    day, began = walked.nights[1], time.monotonic()
    put_right = break_all(walked)
    dated = {dag: {} if dag == "send_due_messages" else {"date": str(day)} for dag, _ in TEN}
    runs = [(dag, walked.start(dag, **dated[dag])) for dag, _ in TEN]
    all_ended(walked, runs, "failed")
    put_right()
    for number, ((dag, run), (_, task)) in enumerate(zip(runs, TEN, strict=True)):
        assert task in walked.red_tasks(dag, run), "it failed elsewhere"
        walked.clear(dag, run, way, task if number % 2 and way != "cli" else "")
    all_ended(walked, runs, "success")
    conclude(walked, way, runs, began)


def conclude(walked: Walked, way: str, runs: list[tuple[str, str]], began: float) -> None:
    """Nothing went twice; print what was counted."""
    walked.assert_nothing_twice()
    print(f"\n{way}: {len(runs)} failed runs cleared, all green; {time.monotonic() - began:.0f} s in all")
