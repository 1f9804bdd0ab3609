"""Who asked for what waits for an answer: none of them may answer it."""

import json
from collections.abc import Iterator

from airflow.models import DagRun, Log
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

# What a person does to a run that can make it ask again; by the names that Airflow's audit log gives.
CHANGES = (
    "clear_dag_run",
    "clear_dag_runs",
    "clear_dag_run_partitions",
    "bulk_dag_runs",
    "patch_dag_run",
    "post_clear_task_instances",
    "patch_task_instance",
    "patch_task_group_instances",
)
REFUSED = "answer_refused"

Run = tuple[str, str]  # DAG and run id


def asked_by(session: Session, run: Run, user: str, may_change: bool) -> str:
    """How this user asked, in words; empty for somebody who did not.

    A run that others' announcements started was also asked for by who started or changed those.

    Args:
        may_change: whether the user may change runs at all. Airflow's audit log holds what was refused too.
    """
    for dag_run in _with_sources(session, run):
        if dag_run.triggering_user_name == user:
            return f"you started the run {dag_run.run_id} of {dag_run.dag_id}"
        if may_change and session.scalar(
            select(Log.id).where(*_changes(dag_run), Log.owner == user).limit(1)
        ):
            return f"you changed the run {dag_run.run_id} of {dag_run.dag_id} by hand"
    return ""


def _changes(run: DagRun) -> tuple[ColumnElement[bool], ...]:
    """Entries of the audit log that are changes of this run; one of several at once names none of them."""
    of_many = (Log.run_id.is_(None), Log.dag_id.in_((run.dag_id, "~")), Log.dttm >= run.run_after)
    mine = and_(Log.dag_id == run.dag_id, Log.run_id == run.run_id)
    return Log.event.in_(CHANGES), or_(mine, and_(*of_many))


def note_refusal(session: Session, dag_id: str, run_id: str, task_id: str | None, user: str) -> None:
    """Write into Airflow's audit log that an answer was not taken."""
    extra = json.dumps({"reason": "who asked may not answer"})
    session.add(Log(REFUSED, owner=user, extra=extra, dag_id=dag_id, run_id=run_id, task_id=task_id))


def _with_sources(session: Session, run: Run) -> Iterator[DagRun]:
    """A run, the runs whose announcements started it, and so on."""
    waiting, seen = [run], {run}
    while waiting:
        dag_id, run_id = waiting.pop()
        found = session.scalar(select(DagRun).filter_by(dag_id=dag_id, run_id=run_id))
        if found is None:
            continue
        yield found
        events = found.consumed_asset_events
        sources = {(e.source_dag_id, e.source_run_id) for e in events if e.source_dag_id and e.source_run_id}
        waiting += sorted(sources - seen)
        seen |= sources
