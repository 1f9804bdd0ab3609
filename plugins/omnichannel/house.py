"""What every DAG of the house shares: schedule, date, retries, pools and assets."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pendulum
from airflow.sdk import Asset, Param
from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.definitions.timetables.interval import CronDataIntervalTimetable

from include import settings as house_settings

SETTINGS = house_settings.load()

CUSTOMERS_PUBLISHED = Asset("omnichannel://published/customers")
AUDIENCES_DELIVERED = Asset("omnichannel://delivered/audiences")
MESSAGES_DISPATCHED = Asset("omnichannel://delivered/messages")

SOURCES_POOL = "sources"
WAREHOUSE_POOL = "warehouse"
DESTINATIONS_POOL = "destinations"

FIX_REASON = "A person must act: a retry would fail the same way."
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "include.errors.FixDeclaration",
                "include.errors.FixConnection",
                "include.errors.FixSource",
                "include.errors.FixPayload",
                "include.errors.CheckFailed",
            ],
            action=RetryAction.FAIL,
            reason=FIX_REASON,
        ),
        RetryRule(exception="include.errors.RetryLater", action=RetryAction.RETRY),
    ]
)

DEFAULTS: dict[str, Any] = {
    "owner": "data-platform",
    "retries": 3,
    "retry_delay": timedelta(seconds=SETTINGS.retry_seconds),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=1),
}

DATE_PARAM = {
    "date": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Business date",
        description="The day this run is about (YYYY-MM-DD). Empty: the day the schedule or the asset names.",
    )
}


EVERY_DAG: dict[str, Any] = {
    # before any data: a run whose date lies before a DAG's start ends green without a task
    "start_date": pendulum.datetime(2000, 1, 1, tz="UTC"),
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "params": DATE_PARAM,
    "default_args": DEFAULTS,
}


def nightly() -> CronDataIntervalTimetable | None:
    """Midnight in the company's zone, when a business date has ended; none where a command drives."""
    if not SETTINGS.schedules:
        return None
    return CronDataIntervalTimetable("0 0 * * *", timezone=pendulum.timezone(SETTINGS.time_zone))


def business_date(context: Mapping[str, Any]) -> date:
    """The day a run is about: its parameter, else its asset event, else its data interval.

    Raises:
        ValueError: the run carries none of the three.
    """
    given = (context.get("params") or {}).get("date")
    if given:
        return date.fromisoformat(given)
    for events in (context.get("triggering_asset_events") or {}).values():
        for event in reversed(list(events)):
            if "date" in event.extra:
                return date.fromisoformat(event.extra["date"])
    start = context.get("data_interval_start")
    if start is None:
        raise ValueError("This run has no business date: trigger it with the parameter `date`.")
    day: date = start.astimezone(SETTINGS.zone).date()
    return day
