"""An answer counts for the question it was given to, and for no other; a Reject is an answer too."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.context import set_current_context

from include.errors import FixPayload
from include.ledger import approvals, deliveries, exposures
from omnichannel import tasks
from omnichannel.hooks import connections
from omnichannel.notifiers import QuestionNotifier
from omnichannel.operators.ask import AskOperator
from omnichannel.operators.start_sending import StartSendingOperator

DAY = date(2026, 3, 16)
SYNC = "lapsed_buyers_to_meta_ads"
GIVEN = {
    "chosen_options": ["Approve"],
    "params_input": {},
    "responded_at": datetime(2026, 3, 17, 9, tzinfo=UTC),
    "responded_by_user": {"id": "ana", "name": "ana"},
}


@pytest.fixture
def booked(monkeypatch):
    """Answers as they are written down; deliveries are done elsewhere."""
    found = []
    monkeypatch.setattr(tasks, "refuse_past", lambda: None)
    monkeypatch.setattr(approvals, "answer", lambda *told: found.append(told[1:]))
    monkeypatch.setattr(deliveries, "apply_sync", lambda *_: {"batches": 1, "remove": 59})
    monkeypatch.setattr(exposures, "find_sync", lambda name: SimpleNamespace(conn_id="meta_ads"))
    monkeypatch.setattr(connections, "connection", lambda conn_id: None)
    return found


def deliver(answer, question):
    ti = SimpleNamespace(map_index=0, xcom_pull=lambda task_ids, map_indexes: answer)
    run = SimpleNamespace(partition_key=str(DAY), run_type="asset_triggered")
    with set_current_context({"ti": ti, "dag_run": run, "params": {}}):
        return tasks.deliver_approved.function(SYNC, question)


def asking(question):
    wait = timedelta(hours=12)
    return AskOperator(
        task_id="approve", question=question, subject="Send it?", body="-", response_timeout=wait
    )


def ask(question):
    """What `approve` leaves behind once a person has said yes."""
    return asking(question).execute_complete({}, dict(GIVEN))


def test_the_answer_to_what_was_asked_is_booked_and_delivered(booked):
    assert deliver(ask("q1"), "q1")["remove"] == 59
    assert booked == [(SYNC, DAY, "q1", "approved", "ana", GIVEN["responded_at"])]


def test_the_answer_to_something_else_is_not(booked):
    with pytest.raises(FixPayload, match="clear list_questions with downstream"):
        deliver({**ask("q1"), "question": "q0"}, "q1")
    assert booked == []


@pytest.mark.parametrize(
    ("user", "by"), [({"id": "ana", "name": "ana"}, "ana"), (None, "nobody (no answer in time)")]
)
def test_a_rejection_or_no_answer_in_time_is_recorded_and_nothing_is_delivered(
    booked, monkeypatch, caplog, user, by
):
    caplog.set_level("INFO", "omnichannel.tasks")
    monkeypatch.setattr(deliveries, "apply_sync", lambda *_: pytest.fail("delivered"))
    answer = asking("q1").execute_complete(
        {}, {**GIVEN, "chosen_options": ["Reject"], "responded_by_user": user}
    )
    with pytest.raises(AirflowSkipException, match=f"rejected by {re.escape(by)}"):
        deliver(answer, "q1")
    assert booked == [(SYNC, DAY, "q1", "rejected", by, GIVEN["responded_at"])]
    assert f"Skipped: {SYNC}: rejected by {by}" in caplog.text


@pytest.mark.parametrize(("option", "ends"), [("Reject", AirflowSkipException), ("Approve", FixPayload)])
def test_a_no_to_a_question_that_was_overtaken_alerts_nobody_and_a_yes_does(
    booked, monkeypatch, option, ends
):
    def refuse(*_):
        raise FixPayload("what was asked has been overtaken by a newer plan.")

    monkeypatch.setattr(approvals, "answer", refuse)
    answer = asking("q1").execute_complete({}, {**GIVEN, "chosen_options": [option]})
    with pytest.raises(ends, match="overtaken"):
        deliver(answer, "q1")


def test_a_question_marked_success_is_no_answer_and_says_what_to_do(booked):
    with pytest.raises(FixPayload, match="marking it success is not an answer: clear list_questions"):
        deliver(None, "q1")
    assert booked == []


def test_a_yes_that_a_newer_night_overtook_before_its_delivery_ends_red(booked, monkeypatch):
    told = []
    monkeypatch.setattr(deliveries, "apply_sync", lambda *_: {"batches": 0})
    monkeypatch.setattr(approvals, "refuse_overtaken", lambda _, *asked: told.append(asked))
    deliver(ask("q1"), "q1")
    assert told == [(SYNC, DAY)]


@pytest.mark.parametrize(
    "make", [lambda: asking("q1"), lambda: StartSendingOperator(task_id="start_sending")]
)
def test_whoever_asks_tells_a_person_and_takes_no_answer_for_a_no(make):
    operator = make()
    assert [type(notifier) for notifier in operator.notifiers] == [QuestionNotifier]
    assert (
        operator.defaults == ["Reject"] and operator.response_timeout and operator.execution_timeout is None
    )


def test_audiences_are_asked_about_by_name_and_retired_ones_are_looked_for(dag_bag):
    dag = dag_bag.dags["activate_audiences"]
    assert dag.has_task("find_retired")
    approve = dag.get_task("odd_changes.approve")
    assert approve.task_type == "AskOperator" and "question" in approve.template_fields
