"""Folders named by a day, and logs of runs, go whole; what a run that was cleared wrote lately stays."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from include import durable
from include.lake import runlog
from include.report.page import render
from include.report.table import summary_table
from include.retention.declaration import Retention
from include.retention.folders import prune_run_logs
from include.retention.prune import prune, pruned
from include.settings import Settings
from tests.unit.report.conftest import NIGHT

DAY = date(2026, 3, 15)
OLD, EDGE = DAY - timedelta(days=31), DAY - timedelta(days=30)
KEPT = Retention(run_log=30, check_results=30, reports=30, task_logs=30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def log(settings: Settings, run: str, written: date, dag: str = "dag_id=ingest_shop") -> Path:
    """One log of a run, last written on a day."""
    file = settings.var / "logs" / "airflow" / dag / run / "task_id=land_stream" / "attempt=1.log"
    file.parent.mkdir(parents=True)
    file.write_text("a line\n")
    moment = datetime.combine(written, datetime.min.time(), UTC).timestamp() + 12 * 3600
    os.utime(file, (moment, moment))
    return file


@pytest.mark.parametrize(
    ("kind", "place"),
    [("run_log", "runlog"), ("check_results", "warehouse/results"), ("reports", "reports")],
)
def test_folders_of_days_go_once_they_have_expired(settings, kind, place):
    for day in (OLD, EDGE, DAY):
        durable.write_text(settings.var / place / str(day) / "one.json", "{}")
    durable.write_text(settings.var / place / "notes" / "of a person.txt", "")
    assert prune(settings, kind, DAY, True, KEPT) == {"days": 1}
    assert prune(settings, kind, DAY, declared=KEPT) == {"days": 1}
    assert prune(settings, kind, DAY, declared=KEPT) == {}
    assert pruned(settings, DAY) == {kind: {"days": 1}}
    left = {path.name for path in (settings.var / place).iterdir()}
    assert left == {str(EDGE), str(DAY), "notes"}


def test_a_run_is_as_old_as_its_name_or_as_the_last_line_of_its_logs(settings):
    gone = [
        log(settings, f"run_id=scheduled__{OLD}", OLD),
        log(settings, f"run_id=manual__{OLD}T08:30:00+00:00", OLD),
        log(settings, "run_id=asked by a person", OLD),
        log(settings, str(OLD), OLD, "dag_processor"),
    ]
    kept = [
        log(settings, f"run_id=scheduled__{OLD - timedelta(days=9)}", DAY),  # cleared yesterday
        log(settings, f"run_id=backfill__{DAY}", OLD - timedelta(days=1)),
        log(settings, f"run_id=scheduled__{EDGE}", EDGE),
    ]
    assert prune(settings, "task_logs", DAY, True, KEPT) == {"runs": 4}
    assert all(file.exists() for file in gone)
    assert prune(settings, "task_logs", DAY, declared=KEPT) == {"runs": 4}
    assert not any(file.exists() for file in gone)
    assert all(file.exists() for file in kept)


def test_no_empty_folder_is_left_of_logs(settings):
    """Log cleaners that delete files alone fill the disk with folders: apache/airflow#33162."""
    for number in range(20):
        log(settings, f"run_id=scheduled__{OLD - timedelta(days=number)}", OLD, f"dag_id=dag_{number % 3}")
    kept = log(settings, f"run_id=scheduled__{DAY}", DAY, "dag_id=dag_1")
    folder = settings.var / "logs" / "airflow"
    (folder / "dag_processor").mkdir()
    (folder / "dag_processor" / "latest").symlink_to(folder / "dag_id=dag_1")

    assert prune_run_logs(folder, EDGE, settings.zone, False) == 20

    assert [path for path in folder.rglob("*") if path.is_file()] == [kept]
    assert [path.name for path in folder.iterdir()].count("dag_id=dag_1") == 1
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_a_crash_left_half_removed_goes_with_the_next_run(settings):
    durable.write_text(settings.reports / f".{OLD}.expired" / "index.html", "half")
    durable.write_text(settings.reports / str(DAY) / "index.html", "whole")
    prune(settings, "reports", DAY, declared=KEPT)
    assert [path.name for path in settings.reports.iterdir()] == [str(DAY)]


def test_nothing_is_there_and_nothing_goes(settings):
    found = [prune(settings, kind, DAY, declared=KEPT) for kind in KEPT.kinds]
    assert found == [{}, {}, {}, {}]


def test_what_is_kept_for_ever_is_not_touched(settings):
    durable.write_text(settings.reports / str(OLD) / "index.html", "old")
    assert prune(settings, "reports", DAY) == {}
    assert prune(settings, "reports", DAY, declared=Retention(run_log=7)) == {}
    assert (settings.reports / str(OLD) / "index.html").exists()


def test_the_report_shows_what_went_and_is_silent_when_nothing_did(settings):
    for kind, counts in (
        ("lake", {"shop/orders": 1200}),
        ("lake", {"shop/orders": 34}),
        ("reports", {"days": 1}),
    ):
        runlog.note(settings, DAY, f"prune/{kind}", {"event": "pruned", "counts": counts})
    found = pruned(settings, DAY)
    assert found == {"lake": {"shop/orders": 1234}, "reports": {"days": 1}}
    page, table = render(NIGHT | {"pruned": found}), summary_table(NIGHT | {"pruned": found})
    assert "No longer kept" in page and "1,234" in page
    assert "lake: shop/orders" in table and "1,234" in table
    assert "No longer kept" not in render(NIGHT | {"pruned": {}})
    assert "no longer kept" not in summary_table(NIGHT | {"pruned": {}})
