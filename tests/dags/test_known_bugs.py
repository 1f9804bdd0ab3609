"""Bugs of the versions we lock that we work around (docs/known-bugs.md): each is still there.

A test that fails here is good news: its message says what may be removed, with its line of the page.
"""

import contextlib
import re
import socket

import paramiko
import pytest

from include.settings import ROOT
from tests.fixtures import bug_programs
from tests.fixtures.metadata import installation

PAGE = (ROOT / "docs" / "known-bugs.md").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """One database for all of them, opened as Airflow opens SQLite by itself."""
    dags = ROOT / "tests" / "fixtures" / "bug_dags"
    return installation(tmp_path_factory.mktemp("bugs") / "var", dags, plain_sqlite=True)


@pytest.fixture(scope="module")
def deadlines(airflow):
    state, left, error = airflow.run(bug_programs.DEADLINES)
    assert state == "failed"
    return left, error


def test_a_run_with_a_deadline_by_its_queueing_cannot_be_cleared(deadlines):
    assert "timedelta" in (deadlines[1] or ""), (
        "apache/airflow#70368 is fixed: DAGRUN_QUEUED_AT may replace plugins/omnichannel/deadline.py"
    )


def test_a_failed_run_keeps_its_deadline(deadlines):
    assert deadlines[0] == 1, (
        "apache/airflow#60927 is fixed: plugins/omnichannel/notifiers.py need not look at the run's state"
    )


def test_a_skip_inside_a_mapped_task_group_is_lost(airflow):
    refused, approved = airflow.run(bug_programs.MAPPED_SKIP)
    assert approved == "success"
    assert refused == "success", (
        "apache/airflow#67265 is fixed: deliver_approved need not read the answer to skip by itself"
    )


def test_a_backfill_on_sqlite_is_locked_out_by_another_writer(airflow):
    assert airflow.run(bug_programs.LOCKED_OUT) == ["database is locked", 0], (
        "apache/airflow#66726, #68699 are fixed: remove ops/metadata.py and its setting in installation.py"
    )


def test_a_cleared_run_of_a_cancelled_backfill_never_starts(airflow):
    assert airflow.run(bug_programs.CANCELLED) == [True, "queued", False], (
        "apache/airflow#72337 is fixed: the warning in docs/how-to/rerun-or-backfill-a-date.md may go"
    )


@pytest.fixture(scope="module")
def partitions(airflow):
    return airflow.run(bug_programs.PARTITIONS)


def test_a_half_filled_partition_stays_and_makes_a_second_run_of_its_date(partitions):
    assert partitions[0] == [0, 1, 1, 2], (
        "apache/airflow#70444 is fixed: dags/report_results.py need not wait for the deliveries of its date"
    )


def test_what_is_announced_to_a_paused_dag_is_lost(partitions):
    assert partitions[1] == 0, (
        "Airflow keeps what is announced to a paused DAG: say so in docs/runbooks/README.md (Missed nights)"
    )


def test_a_late_word_of_one_look_fails_the_next(airflow):
    assert airflow.run(bug_programs.RESCHEDULED) in ("failed", "up_for_retry"), (
        "apache/airflow#71172 is fixed: LOOK_AGAIN in plugins/omnichannel/house.py may be short"
    )


def test_a_run_before_the_start_date_is_green_without_a_task(airflow):
    assert airflow.run(bug_programs.BEFORE_START) == ["success", 0], (
        "apache/airflow#26865 is fixed: start_date in plugins/omnichannel/house.py may be the first night"
    )


def test_clearing_by_command_takes_no_regular_expression(airflow):
    assert airflow.run(bug_programs.BY_REGEX) == [1, 0], (
        "`tasks clear -t` takes a regular expression: docs/how-to/rerun-or-backfill-a-date.md says otherwise"
    )


def test_paramiko_asks_for_no_host_key_called_ssh_rsa():
    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.closing(paramiko.Transport(ours)) as transport:
        asked = set(transport.get_security_options().key_types)
    assert {"rsa-sha2-512", "rsa-sha2-256"} <= asked
    assert "ssh-rsa" not in asked, (
        "paramiko knows ssh-rsa again: include/senders/transports/sftp.py need not translate it"
    )


def test_dbt_stays_below_the_version_that_downloads_a_program():
    assert '"dbt-core<1.12"' in (ROOT / "pyproject.toml").read_text().replace(" ", "")
    assert LOCKED["dbt-core"].startswith("1.11."), "dbt-core 1.12 is locked: remove its line from the page"


def test_the_page_names_every_test_of_this_file_and_no_other():
    about_bugs = {name for name in globals() if name.startswith("test_") and "the_page" not in name}
    assert set(re.findall(r"`(test_\w+)`", PAGE)) == about_bugs
    assert len(about_bugs) > 10


def test_the_page_speaks_of_the_versions_that_are_locked():
    spoken = re.findall(r"`([\w-]+)==([\w.]+)`", PAGE)
    assert len(spoken) >= 5
    assert [(name, version) for name, version in spoken if LOCKED.get(name) != version] == []
