"""Who asked for what waits for an answer: none of them may answer it."""

import json
from collections.abc import Iterator

from airflow.models import DagRun, Log
from sqlalchemy import select
from sqlalchemy.orm import Session

# What a person does to a run that can make it ask; by the names that Airflow's audit log gives.
MAKES_IT_ASK = (
    "trigger_dag_run",
    "clear_dag_run",
    "clear_dag_runs",
    "bulk_dag_runs",
    "patch_dag_run",
    "post_clear_task_instances",
    "patch_task_instance",
    "patch_task_group_instances",
    "bulk_task_instances",
)
REFUSED = "answer_refused"

Run = tuple[str, str]  # DAG and run id


def asked_by(session: Session, dag_id: str, run_id: str, user: str) -> str:
    """How this user asked, in words; empty for somebody who did not.

    A run that others' announcements started was also asked for by who started or cleared those.
    """
    for of_dag, of_run in _with_sources(session, (dag_id, run_id)):
        mine = (Log.dag_id == of_dag, Log.run_id == of_run, Log.owner == user)
        started = select(DagRun.run_id).where(DagRun.dag_id == of_dag, DagRun.run_id == of_run)
        if session.scalar(started.where(DagRun.triggering_user_name == user).limit(1)):
            return f"you started the run {of_run} of {of_dag}"
        if session.scalar(select(Log.id).where(*mine, Log.event.in_(MAKES_IT_ASK)).limit(1)):
            return f"you changed the run {of_run} of {of_dag} by hand"
    return ""


def note_refusal(session: Session, dag_id: str, run_id: str, task_id: str | None, user: str) -> None:
    """Write into Airflow's audit log that an answer was not taken."""
    extra = json.dumps({"reason": "who asked may not answer"})
    session.add(Log(REFUSED, owner=user, extra=extra, dag_id=dag_id, run_id=run_id, task_id=task_id))


def _with_sources(session: Session, run: Run) -> Iterator[Run]:
    """A run, the runs whose announcements started it, and so on."""
    waiting, seen = [run], {run}
    while waiting:
        one = waiting.pop()
        yield one
        found = session.scalar(select(DagRun).filter_by(dag_id=one[0], run_id=one[1]))
        events = found.consumed_asset_events if found else []
        sources = {(e.source_dag_id, e.source_run_id) for e in events if e.source_dag_id and e.source_run_id}
        waiting += sorted(sources - seen)
        seen |= sources
