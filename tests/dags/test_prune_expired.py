"""What has expired is taken away after the report, in the warehouse's one slot, once a file says so."""

import json
from datetime import date

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.context import set_current_context

from include import durable
from include.errors import FixDeclaration
from include.report import write_report
from include.retention import declaration
from include.retention import prune as pruning
from include.settings import Settings
from omnichannel import house, tasks

DAY, OLD = date(2026, 3, 15), date(2026, 1, 1)
SHOW = (
    "import pathlib, runpy, sys\n"
    "from include.retention import declaration\n"
    "declaration.load_retention.__defaults__ = (pathlib.Path(sys.argv[-1]), declaration.PROJECT)\n"
    "dag = runpy.run_path('dags/prune_expired.py')['prune_expired']()\n"
    "print(type(dag.timetable).__name__, *sorted(dag.task_ids))\n"
    "heavy = {'pandas', 'duckdb', 'dbt', 'great_expectations', 'pyarrow'}\n"
    "print(sorted(heavy & set(sys.modules)))\n"
)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    found = Settings(var=tmp_path, clock="sandbox")
    monkeypatch.setattr(tasks, "SETTINGS", found)
    return found


@pytest.fixture
def say(tmp_path, monkeypatch):
    """Let the declaration be this text."""

    def write(text):
        file = tmp_path / "retention.yml"
        file.write_text(text)
        monkeypatch.setattr(declaration.load_retention, "__defaults__", (file, declaration.PROJECT))

    return write


def run(task, *given, **params):
    with set_current_context({"params": {"date": str(DAY), **params}}):
        return task.function(*given)


@pytest.mark.parametrize(
    ("text", "timetable"),
    [
        ("lake: {}", "NullTimetable"),
        ("reports: 30", "PartitionedAssetTimetable"),
        ("email/events: {days: 400", "PartitionedAssetTimetable"),  # its first task says what is wrong
    ],
)
def test_it_runs_by_itself_only_once_the_file_says_something(run_python, tmp_path, text, timetable):
    file = tmp_path / "retention.yml"
    file.write_text(text)
    shown, heavy = run_python(SHOW, str(file), OMNI_VAR=str(tmp_path)).splitlines()
    assert shown.split() == [timetable, "list_kinds", "prune_kind", "show_pruned"]
    assert heavy == "[]"


def test_it_follows_the_report_and_waits_for_the_one_slot_of_the_warehouse(dag_bag):
    dag = dag_bag.dags["prune_expired"]
    assert type(dag.timetable).__name__ == "NullTimetable" and not dag.is_paused_upon_creation
    task = dag.get_task("prune_kind")
    assert task.partial_kwargs["pool"] == house.WAREHOUSE_POOL
    assert dag.get_task("show_pruned").upstream_task_ids == {"prune_kind"}
    written = dag_bag.dags["report_results"].get_task("write_report")
    assert written.outlets == [house.REPORT_WRITTEN]


def test_a_file_that_is_wrong_is_said_by_the_first_task(settings, say):
    say("lake:\n  crm/consents: {days: 400}\n")
    with pytest.raises(FixDeclaration, match=r"retention\.yml, line 2: lake.crm/consents: consents are made"):
        run(tasks.list_kinds)


def test_the_tasks_take_away_count_and_write_the_report_again(settings, say):
    say("reports: 30\nrun_log: 30\n")
    for day in (OLD, DAY):
        durable.write_text(settings.reports / str(day) / "index.html", "page")
    write_report(settings, DAY)
    assert run(tasks.list_kinds) == ["run_log", "reports"]

    assert run(tasks.prune_kind, "reports", dry_run=True) == {"days": 1}
    assert (settings.reports / str(OLD)).exists()
    with pytest.raises(AirflowSkipException):
        run(tasks.show_pruned, dry_run=True)

    assert run(tasks.prune_kind, "reports") == {"days": 1}
    assert not (settings.reports / str(OLD)).exists()
    assert run(tasks.show_pruned) == {"reports": {"days": 1}}
    summary = json.loads((settings.reports / str(DAY) / "summary.json").read_text())
    assert summary["pruned"] == {"reports": {"days": 1}}
    assert "No longer kept" in (settings.reports / str(DAY) / "index.html").read_text()


def test_without_a_report_none_is_made_up(settings, say):
    say("reports: 30\n")
    assert run(tasks.show_pruned) == {}
    assert not (settings.reports / str(DAY)).exists()
    assert pruning.pruned(settings, DAY) == {}
