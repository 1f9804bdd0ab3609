"""In the sandbox, nights that catch up go one after another: what a night sends is read by the next."""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from omnichannel.house import SETTINGS, business_date

PAUSE = 3  # seconds in which Airflow starts what a published version has been announced to


def is_under_way(context: Mapping[str, Any]) -> bool:
    """Whether the night before is still being built, or its messages are still going out.

    On the wall clock this asks itself: a day lies between two nights.
    """
    ti, before = context["ti"], business_date(context) - timedelta(days=1)
    if _is_building(ti, before) or _is_sending(ti):
        return True
    if not _has_begun_to_send(ti, before) or (SETTINGS.reports / str(before) / "summary.json").exists():
        return False
    time.sleep(PAUSE)
    return _is_sending(ti)


def _is_building(ti: Any, day: date) -> bool:
    # a queued one may have been cleared after it failed, and wait for the run that asks
    return any(
        ti.get_dr_count(dag_id="build_customer360", states=["running"], **run) for run in _runs_of(day)
    )


def _has_begun_to_send(ti: Any, day: date) -> bool:
    for run in _runs_of(day):
        found = ti.get_task_states(dag_id="build_customer360", task_ids=["start_sending"], **run)
        if any("success" in tasks.values() for tasks in found.values()):
            return True
    return False


def _is_sending(ti: Any) -> bool:
    return bool(ti.get_dr_count(dag_id="send_messages", states=["queued", "running"]))


def _runs_of(day: date) -> list[dict[str, Any]]:
    """How the run of a date is found: by its interval if scheduled, by its id if started by the command."""
    return [{"logical_dates": [SETTINGS.day_start(day)]}, {"run_ids": [day.isoformat()]}]
