"""When the clock of a run's deadline starts."""

from datetime import datetime
from typing import Any, ClassVar

from airflow.sdk.definitions.deadline import BaseDeadlineReference


class RunQueued(BaseDeadlineReference):
    """The moment a run was first queued: a run that is triggered with a parameter has no logical date.

    It stands in for Airflow's own `DAGRUN_QUEUED_AT`, with which no run can be cleared in the version we
    lock (apache/airflow#70368, docs/known-bugs.md). Airflow does not move it when a run is cleared.
    """

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> datetime | None:
        """When the run was queued; Airflow calls this as it creates the run. None makes no deadline."""
        from airflow.models import DagRun
        from sqlalchemy import select

        queued = select(DagRun.queued_at).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        found: datetime | None = session.scalar(queued)
        return found
