"""Open the candidate as soon as no other run is building."""

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator

from omnichannel.house import LOOK_AGAIN, SETTINGS, WAREHOUSE_POOL, business_date


def is_building(ti: Any, dag_id: str, run_id: str) -> bool:
    """Whether a run may have a task at work on the candidate.

    A queued one has none, and may be queued behind the very run that asks: one that failed and was cleared.
    When it comes to run, `run_layer` refuses it another date's candidate.
    """
    return bool(ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["running"]))


class CandidateOpenedSensor(BaseSensorOperator):
    """Copies the previous version's warehouse and stages what changed since, verified.

    It waits for its turn: there is one candidate, and a backfill may build beside a scheduled night.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            pool=WAREHOUSE_POOL,
            mode="reschedule",
            poke_interval=LOOK_AGAIN,
            timeout=timedelta(hours=12).total_seconds(),
            **kwargs,
        )

    def poke(self, context: Any) -> bool:
        """Take the turn and open; False while another run has it."""
        from include.ledger.history import snapshot
        from include.warehouse.candidate import open_candidate
        from include.warehouse.turn import take_turn

        ti, run, day = context["ti"], context["dag_run"], business_date(context)
        if not take_turn(SETTINGS, run.run_id, lambda holder: is_building(ti, run.dag_id, holder)):
            self.log.info("Another run is building; waiting for it to publish")
            return False
        open_candidate(SETTINGS, day, full_refresh=bool(context["params"].get("full_refresh")))
        snapshot(SETTINGS, before=day)
        return True
