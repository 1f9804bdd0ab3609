"""Wait until what the report counts has ended, however the report was started."""

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator

from omnichannel.house import LOOK_AGAIN

# DAG, and the task after which its part of the report is complete. A question may stay open for longer.
DELIVERIES = {"activate_audiences": "announce_audiences", "send_messages": "dispatch_messages"}
UNDER_WAY = ["null", "scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule"]


class DeliveriesEndedSensor(BaseSensorOperator):
    """Succeeds when no run of a delivery has its last step still before it, whatever came of the others.

    Runs of every date are looked at: a task cannot ask Airflow which run is of which partition.

    An announcement that was made twice leaves a half-filled partition in Airflow (apache/airflow#70444,
    docs/known-bugs.md), which then starts the report of that date with the first of its deliveries. After
    two hours this is skipped, and the report is written all the same: a delivery may be paused.
    """

    def __init__(self, **kwargs: Any) -> None:
        longest = timedelta(hours=2)
        super().__init__(
            mode="reschedule",
            poke_interval=LOOK_AGAIN,
            timeout=longest.total_seconds(),
            soft_fail=True,
            **kwargs,
        )

    def poke(self, context: Any) -> bool:
        """Look once."""
        ti = context["ti"]
        under_way = [
            dag_id
            for dag_id, last in DELIVERIES.items()
            if ti.get_ti_count(dag_id=dag_id, task_ids=[last], states=UNDER_WAY)
        ]
        if under_way:
            self.log.info("Waiting for %s to have delivered", ", ".join(under_way))
        return not under_way
