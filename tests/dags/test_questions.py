"""A yes counts for the question it was given to, and for no other."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time.context import set_current_context

from include.errors import FixPayload
from include.ledger import approvals, deliveries, exposures
from omnichannel import tasks
from omnichannel.hooks import connections
from omnichannel.operators.ask import AskOperator

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


def ask(question):
    """What `approve` leaves behind once a person has said yes."""
    operator = AskOperator(
        task_id="approve",
        question=question,
        subject="Send it?",
        body="-",
        response_timeout=timedelta(hours=12),
    )
    return operator.execute_complete({}, dict(GIVEN))


def test_the_answer_to_what_was_asked_is_booked_and_delivered(booked):
    assert deliver(ask("q1"), "q1")["remove"] == 59
    assert booked == [(SYNC, DAY, "q1", "approved", "ana", GIVEN["responded_at"])]


@pytest.mark.parametrize("changed", [{"question": "q0"}, {"chosen_options": ["Reject"]}])
def test_the_answer_to_something_else_is_not(booked, changed):
    with pytest.raises(FixPayload, match="clear list_questions with downstream"):
        deliver({**ask("q1"), **changed}, "q1")
    assert booked == []
