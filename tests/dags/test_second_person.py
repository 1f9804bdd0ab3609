"""Who asked for something may not approve it: who started it, changed it, or started what announced it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskAwaitingInput

from omnichannel.operators import ask as asking
from tests.fixtures.team import Team, team

DAG = "activate_audiences"
TASK = "odd_changes.approve"
ASK = """
import json, logging, sys
logging.disable(logging.WARNING)
from airflow.models import DagRun
from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.hitl import HITLDetail
from sqlalchemy import select
from tests.fixtures.airflow_runs import create_session, make_run, tasks_of
run_id, by, source = sys.argv[1:4]
with create_session() as session:
    run = make_run(session, "activate_audiences", run_id, triggering_user_name=by or None)
    run.state = "running"
    task = next(t for t in tasks_of(session, run) if t.task_id == "list_syncs")
    session.flush()
    task.state = "awaiting_input"
    asked = dict(options=["Approve", "Reject"], defaults=["Reject"], subject="Send it?", body="-")
    session.add(HITLDetail(ti_id=task.id, multiple=False, params={}, params_input={}, **asked))
    if source:
        asset = session.scalar(select(AssetModel).limit(1))
        event = AssetEvent(asset_id=asset.id, source_dag_id="build_customer360", source_run_id=source)
        run.consumed_asset_events.append(event)
print(json.dumps(run_id))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team(tmp_path_factory.mktemp("team")) as running:
        yield running


@pytest.fixture(scope="module")
def users(served: Team) -> dict[str, Any]:
    return {name: served.client(name) for name in ("marketer", "operator", "other", "admin", "analyst")}


def question(served: Team, run_id: str, by: str = "", source: str = "") -> str:
    """A run that waits for an answer; the path that takes it."""
    served.installation.run(ASK, run_id, by, source)
    return f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances/list_syncs/-1/hitlDetails"


def answer(client: Any, path: str) -> Any:
    return client.patch(path, json={"chosen_options": ["Approve"], "params_input": {}})


def test_a_run_by_schedule_was_asked_for_by_nobody_and_who_may_answer_does(served, users):
    said = answer(users["marketer"], question(served, "scheduled__1"))
    assert said.status_code == 200 and said.json()["responded_by"]["name"] == "marketer"


def test_who_started_the_run_is_refused_with_the_reason_and_the_question_stays_open(served, users):
    path = question(served, "manual__1", by="operator")
    said = answer(users["operator"], path)
    assert said.status_code == 403
    assert said.json()["detail"] == (
        f"A second person must answer: you started the run manual__1 of {DAG}. The question stays open."
    )
    assert users["operator"].get(path).json()["response_received"] is False
    noted = users["admin"].get("/api/v2/eventLogs", params={"event": "answer_refused"}).json()["event_logs"]
    assert [(n["owner"], n["dag_id"], n["run_id"]) for n in noted] == [("operator", DAG, "manual__1")]
    assert answer(users["other"], path).status_code == 200


def test_an_admin_needs_a_second_person_too(served, users):
    path = question(served, "manual__2", by="admin")
    assert answer(users["admin"], path).status_code == 403
    assert answer(users["marketer"], path).status_code == 200


def test_who_cleared_the_run_has_asked_again(served, users):
    path = question(served, "scheduled__2")
    body = {
        "dry_run": False,
        "dag_run_id": "scheduled__2",
        "task_ids": ["find_retired"],
        "only_failed": False,
    }
    cleared = users["operator"].post(f"/api/v2/dags/{DAG}/clearTaskInstances", json=body)
    assert cleared.status_code == 200, cleared.text
    assert "changed the run scheduled__2" in answer(users["operator"], path).json()["detail"]
    assert answer(users["other"], path).status_code == 200


def test_who_changed_many_runs_at_once_has_asked_for_each(served, users):
    path = question(served, "scheduled__3")
    body = {
        "actions": [{"action": "update", "entities": [{"dag_run_id": "scheduled__3", "state": "queued"}]}]
    }
    assert users["other"].patch(f"/api/v2/dags/{DAG}/dagRuns", json=body).status_code == 200
    assert answer(users["other"], path).status_code == 403
    assert answer(users["marketer"], path).status_code == 200


def test_who_was_refused_a_change_has_not_made_one(served, users):
    path = question(served, "scheduled__4")
    body = {"dry_run": False, "dag_run_id": "scheduled__4"}
    assert users["marketer"].post(f"/api/v2/dags/{DAG}/clearTaskInstances", json=body).status_code == 403
    assert answer(users["marketer"], path).status_code == 200


def test_who_started_the_build_that_announced_the_run_has_asked_for_it(served, users):
    conf = {"logical_date": None, "dag_run_id": "mine", "conf": {"date": "2026-03-15"}}
    assert users["operator"].post("/api/v2/dags/build_customer360/dagRuns", json=conf).status_code == 200
    path = question(served, "asset__1", source="mine")
    assert "you started the run mine of build_customer360" in answer(users["operator"], path).json()["detail"]
    assert answer(users["other"], path).status_code == 200


@pytest.mark.parametrize(
    ("needed", "by", "ends"),
    [
        (True, "ana", TaskAwaitingInput),
        (True, "bo", None),
        (False, "ana", None),
        (True, None, None),
    ],
)
def test_the_task_asks_again_where_an_answer_of_who_started_it_came_another_way(
    monkeypatch, needed, by, ends
):
    settings = asking.SETTINGS.model_copy(update={"second_person": needed})
    monkeypatch.setattr(asking, "SETTINGS", settings)
    monkeypatch.setattr("airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **_: None)
    monkeypatch.setattr(asking, "QuestionNotifier", lambda: lambda context: None)
    wait = timedelta(hours=12)
    operator = asking.AskOperator(
        task_id="approve", question="q1", subject="Send it?", body="-", response_timeout=wait
    )
    event = {
        "chosen_options": ["Approve"],
        "params_input": {},
        "responded_at": datetime(2026, 3, 17, 9, tzinfo=UTC),
        "responded_by_user": {"id": "1", "name": by} if by else None,
    }
    run = SimpleNamespace(triggering_user_name="ana")
    context = {"dag_run": run, "task_instance": SimpleNamespace(id="x")}
    if ends:
        with pytest.raises(ends):
            operator.execute_complete(context, event)
    else:
        assert operator.execute_complete(context, event)["question"] == "q1"
