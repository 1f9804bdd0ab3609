"""Every DAG loads, explains itself to the person on call, and decides its retries by policy."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from include.channels import load_channels
from include.errors import FixRequest
from include.warehouse.layers import LAYERS
from omnichannel import house

ROOT = Path(__file__).parents[2]


def test_the_bag_holds_every_dag_of_the_house(dag_bag):
    expected = {f"ingest_{name}" for name in load_channels()} | {
        path.stem for path in (ROOT / "dags").glob("*.py") if path.stem != "ingest_channels"
    }
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == expected
    assert len(expected) >= 8


def test_loading_gives_no_warning(dag_bag):
    assert dag_bag.caught_warnings == []


def test_every_dag_tells_the_person_on_call_what_a_red_task_means(dag_bag):
    assert dag_bag.dags
    for dag in dag_bag.dags.values():
        assert "red task" in dag.doc_md, dag.dag_id
        assert dag.tags, dag.dag_id
        assert dag.description and dag.dag_display_name != dag.dag_id, dag.dag_id
        assert dag.start_date.year == 2000, f"{dag.dag_id}: a start date must lie before any data"
        assert not dag.catchup


def test_every_task_has_an_owner_retries_a_timeout_and_the_retry_policy(dag_bag):
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    assert len(tasks) > 15
    for task in tasks:
        assert task.owner not in ("", "airflow"), task.task_id
        assert task.retries >= 1, task.task_id
        assert task.execution_timeout or task.response_timeout, task.task_id
        assert task.retry_policy is not None, task.task_id


def test_the_build_has_a_task_for_every_layer_in_order(dag_bag):
    named = [t.task_id for t in dag_bag.dags["build_customer360"].topological_sort()]
    assert [n.removeprefix("build_") for n in named if n.startswith("build_")] == list(LAYERS)


def test_every_dag_has_a_runbook_page(dag_bag):
    for dag_id in dag_bag.dags:
        page = "ingest_channels" if dag_id.startswith("ingest_") else dag_id
        assert (ROOT / "docs" / "runbooks" / f"{page}.md").exists(), dag_id


def test_a_dag_file_imports_nothing_heavy(run_python):
    loaded = run_python(
        "import sys, runpy, pathlib\n"
        "[runpy.run_path(str(p)) for p in sorted(pathlib.Path('dags').glob('*.py'))]\n"
        "heavy = {'pandas', 'duckdb', 'dbt', 'great_expectations', 'pyarrow', 'paramiko'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert loaded.strip() == "[]"


def test_a_wrong_declaration_takes_away_no_other_channel(run_python, tmp_path):
    folder = tmp_path / "channels"
    shutil.copytree(ROOT / "include" / "channels", folder, ignore=shutil.ignore_patterns("*.py"))
    crm = folder / "crm.yml"
    crm.write_text(crm.read_text().replace("owner:", "ownr:", 1))
    said = run_python(
        "import runpy, pathlib, sys\n"
        "from include.channels import loader\n"
        "loader.channel_files.__defaults__ = (pathlib.Path(sys.argv[-1]),)\n"
        "found = runpy.run_path('dags/ingest_channels.py')\n"
        "dags = {name: dag for name, dag in found.items() if name.startswith('ingest_')}\n"
        "print(*sorted(dags), *dags['ingest_crm'].task_ids, *dags['ingest_shop'].task_ids)\n"
        "try:\n"
        "    task = dags['ingest_crm'].tasks[0]\n"
        "    task.python_callable(*task.op_args, **task.op_kwargs)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n",
        str(folder),
    )
    lines = said.splitlines()
    assert lines[0].split() == [
        *("ingest_crm", "ingest_email", "ingest_shop", "ingest_stores"),
        *("refuse_declaration", "choose_streams", "land_stream"),
    ]
    assert lines[1].startswith("FixDeclaration crm.yml, line ")
    assert "did you mean owner?" in said


@pytest.mark.parametrize(
    ("error", "action"),
    [
        ("FixSource", "fail"),
        ("FixConnection", "fail"),
        ("FixRequest", "fail"),
        ("CheckFailed", "fail"),
        ("RetryLater", "retry"),
    ],
)
def test_the_error_says_whether_a_retry_can_help(error, action):
    from include import errors

    decision = house.RETRY_POLICY.evaluate(getattr(errors, error)("x"), 1, 3)
    assert decision.action.value == action


def test_the_business_date_is_the_parameter_then_what_was_announced_then_the_interval():
    start = datetime.fromisoformat("2026-07-12T23:00:00+00:00")  # midnight of the 13th in London
    context = {
        "params": {"date": "2026-03-15"},
        "dag_run": SimpleNamespace(partition_key="2026-03-14"),
        "data_interval_start": start,
        "data_interval_end": start + timedelta(days=1),
    }
    assert house.business_date(context) == date(2026, 3, 15)
    context["params"] = {"date": None}
    assert house.business_date(context) == date(2026, 3, 14)
    context["dag_run"] = SimpleNamespace(partition_key=None)
    assert house.business_date(context) == date(2026, 7, 13)


def test_a_run_by_hand_of_a_dag_without_intervals_is_about_the_day_that_has_ended():
    now = datetime.fromisoformat("2026-07-13T09:00:00+00:00")
    context = {"params": {}, "data_interval_start": now, "data_interval_end": now}
    assert house.business_date(context) == date(2026, 7, 12)


def test_a_run_without_any_date_is_about_the_last_one_that_had_ended_when_it_was_started():
    run = SimpleNamespace(partition_key=None, run_after=datetime.fromisoformat("2026-07-12T23:30:00+00:00"))
    context = {"params": {"date": None}, "dag_run": run, "data_interval_start": None}
    assert house.business_date(context) == date(2026, 7, 12)  # half past midnight of the 13th in London


@pytest.mark.parametrize("started", ["by its parameter", "by an announcement", "by its interval"])
def test_a_date_that_has_not_ended_is_refused_however_the_run_was_started(started):
    now = datetime.now(house.SETTINGS.zone)
    today = now.date()
    midnight = house.SETTINGS.day_start(today)
    by_interval = started == "by its interval"
    context = {
        "params": {"date": str(today) if started == "by its parameter" else None},
        "dag_run": SimpleNamespace(
            partition_key=str(today) if started == "by an announcement" else None, run_after=now
        ),
        "data_interval_start": midnight if by_interval else None,
        "data_interval_end": midnight + timedelta(days=1) if by_interval else None,
    }
    with pytest.raises(FixRequest, match=f"{today} has not ended in Europe/London"):
        house.business_date(context)
    assert house.date_of_run(context) == today  # an alert says which date was asked for


def test_a_night_that_the_scheduler_began_is_not_refused_by_a_clock_that_is_behind():
    ahead = datetime.now(house.SETTINGS.zone) + timedelta(days=1)
    run = SimpleNamespace(partition_key=None, run_after=house.SETTINGS.day_start(ahead.date()))
    context = {
        "params": {},
        "dag_run": run,
        "data_interval_start": house.SETTINGS.day_start(ahead.date() - timedelta(days=1)),
        "data_interval_end": run.run_after,
    }
    assert house.business_date(context) == ahead.date() - timedelta(days=1)
