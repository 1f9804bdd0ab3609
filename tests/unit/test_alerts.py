"""An alert says what failed, since when, what is held back and what to do, and nothing personal."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from include.alerts import Trouble, advice, describe, of_failure, of_lateness, of_question
from include.errors import CheckFailed, FixConnection, FixDeclaration, FixRequest, FixSource, RetryLater
from include.lake.reasons import ColumnMissing
from include.ledger.states import ClaimLost
from include.settings import Settings
from include.sources.http import Busy

ROOT = Path(__file__).parents[2]
CANARY = "canary.person@example.com"


def guide(dag_file):
    return (ROOT / "dags" / f"{dag_file}.py").read_text().split('"""')[1]


TROUBLE = Trouble(
    dag_id="ingest_shop",
    task_id="land_stream",
    label="orders",
    day=date(2026, 3, 16),
    started=datetime(2026, 3, 17, 0, 1, tzinfo=UTC),
    tries=4,
    guide=guide("ingest_channels"),
    link="http://127.0.0.1:8080/dags/ingest_shop/runs/x/tasks/land_stream",
)


@pytest.fixture
def settings(tmp_path):
    """Readers see the 15th."""
    settings = Settings(var=tmp_path)
    settings.published.mkdir(parents=True)
    (settings.published / "current").write_text("2026-03-15-0123456789ab\n")
    return settings


def test_a_failed_required_channel_says_what_is_held_back_and_what_to_do(settings):
    text = of_failure(settings, TROUBLE, FixConnection("shop_api refused the token")).text()
    assert "ingest_shop · land_stream [orders] failed" in text
    assert "FixConnection: shop_api refused the token" in text
    assert "2026-03-17 00:01 UTC" in text and "try number 4" in text
    assert "nothing of 2026-03-16 is published" in text and "Readers see 2026-03-15" in text
    assert "Correct or add it, clear the task." in text
    assert "docs/runbooks/ingest_channels.md" in text
    assert TROUBLE.link in text


def test_a_rerun_that_fails_holds_nothing_back_that_readers_have(settings):
    alert = of_failure(settings, replace(TROUBLE, day=date(2026, 3, 15)), RetryLater("down"))
    assert alert.held_back.startswith("nothing: what is published stays")


def test_the_advice_for_a_kind_of_error_holds_for_its_special_cases(settings):
    assert "Talk to the channel's owner" in of_failure(settings, TROUBLE, ColumnMissing("x")).to_do


def test_an_optional_channel_holds_nothing_back(settings):
    alert = of_failure(settings, replace(TROUBLE, is_optional=True), RetryLater("down"))
    assert alert.held_back.startswith("nothing") and "stale" in alert.held_back


@pytest.mark.parametrize(
    ("dag_file", "task_id", "error", "said"),
    [
        ("build_customer360", "build_identity", CheckFailed("x"), "Mend the model"),
        ("build_customer360", "await_channels", FixSource("x"), "a required channel did not land"),
        ("build_customer360", "start_sending", None, "nothing of it leaves yet"),
        ("send_messages", "dispatch_messages", FixConnection("x"), "the relay refused our login"),
        ("send_messages", "dispatch_messages", FixDeclaration("x"), "a template is wrong"),
        ("send_messages", "dispatch_messages", RetryLater("x"), "the relay was busy"),
        ("send_due_messages", "dispatch_due", FixConnection("x"), "until the connection is corrected"),
        ("send_due_messages", "dispatch_due", FixDeclaration("x"), "names file, line and word"),
        ("report_results", "write_report", None, "harms nothing"),
        ("prune_expired", "list_kinds", FixDeclaration("x"), "names line and field"),
        ("prune_expired", "prune_kind", RetryLater("x"), "is being landed"),
        ("prune_expired", "show_pruned", None, "had expired is gone"),
    ],
)
def test_the_advice_is_the_dags_own(settings, dag_file, task_id, error, said):
    trouble = replace(TROUBLE, dag_id=dag_file, task_id=task_id, label="", guide=guide(dag_file))
    assert said in of_failure(settings, trouble, error).to_do


@pytest.mark.parametrize("dag_id", ["send_messages", "send_due_messages"])
def test_messages_that_could_not_leave_are_said_to_be_held_back(settings, dag_id):
    alert = of_failure(settings, replace(TROUBLE, dag_id=dag_id, label=""), RetryLater("down"))
    assert alert.held_back.startswith("messages") and "none goes twice" in alert.held_back


@pytest.mark.parametrize(
    ("task_id", "held", "to_do"),
    [
        ("sync_audience", "this audience alone", "it goes on where the ledger says"),
        ("list_syncs", "every audience of 2026-03-16", "Correct it, clear the task with downstream"),
        ("list_questions", "odd changes", "with downstream"),
        ("announce_audiences", "the report", "the report waits"),
    ],
)
def test_what_is_held_back_of_audiences_depends_on_the_task(settings, task_id, held, to_do):
    page = guide("activate_audiences")
    trouble = replace(TROUBLE, dag_id="activate_audiences", task_id=task_id, label="", guide=page)
    alert = of_failure(settings, trouble, FixDeclaration("aud_x.yml, line 3: no such destination"))
    assert alert.held_back.startswith(held) and to_do in alert.to_do


def test_a_question_says_until_when_and_what_no_answer_means(settings):
    trouble = replace(TROUBLE, dag_id="activate_audiences")
    alert = of_question(trouble, "lapsed_buyers_to_meta_ads: remove 59. Send it?", 12)
    assert "asks a person" in alert.subject and "remove 59" in alert.what
    assert "12 hours is a No" in alert.since and alert.link == TROUBLE.link


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda f: f.stem)
def test_every_dag_has_advice_for_what_it_does_not_name(file):
    assert len(advice(guide(file.stem), "NoSuchError", "no_such_task")) > 20


def test_what_was_asked_for_and_refused_holds_nothing_back_and_says_what_to_ask_for(settings):
    error = FixRequest("2026-12-05 has not ended in London. The last date that has ended is 2026-11-24")
    alert = of_failure(settings, TROUBLE, error)
    assert alert.held_back.startswith("nothing: the run was refused")
    assert "Start it again with other values" in alert.to_do and "2026-11-24" in alert.what


def test_names_in_backticks_stand_as_they_are_and_emphasis_goes():
    page = "- `build_*`: a model failed; *then* clear it, **with downstream**: 3 * 4."
    said = "`build_*`: a model failed; then clear it, with downstream: 3 * 4."
    assert advice(page, "build_identity") == said


def test_an_error_that_is_not_ours_is_told_by_its_kind_alone(settings):
    error = KeyError(CANARY)
    alert = of_failure(settings, TROUBLE, error)
    assert CANARY not in alert.text() and CANARY not in str(alert.facts())
    assert "KeyError" in alert.what


def test_of_our_own_errors_only_the_first_line_is_told():
    said = describe(CheckFailed(f"3 checks failed\n- row 7: {CANARY}"))
    assert said == "CheckFailed: 3 checks failed"
    assert len(describe(CheckFailed("x" * 5000))) < 400


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ColumnMissing, "FixSource"),
        (Busy, "RetryLater"),
        (RetryLater, "RetryLater"),
        (ClaimLost, "ClaimLost"),
    ],
)
def test_an_error_is_called_what_the_runbooks_call_it(error, kind):
    assert describe(error("x")) == f"{kind}: x"


def test_a_killed_process_is_told_without_an_error(settings):
    assert "its process ended" in of_failure(settings, TROUBLE, None).what


def test_a_late_run_says_since_when_and_what_readers_see(settings):
    alert = of_lateness(settings, "build_customer360", "scheduled__x", 8, "http://127.0.0.1/run")
    assert "8 hours" in alert.what and "2026-03-15" in alert.held_back
    assert alert.facts()["text"].startswith("build_customer360 is late")
