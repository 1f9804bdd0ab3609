"""What every DAG of the house shares: schedule, date, retries, pools, priorities, deadlines and assets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pendulum
from airflow.sdk import Asset, AssetAll, PartitionedAssetTimetable
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert
from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule

from include import settings as house_settings
from include.clock import last_ended, require_ended
from omnichannel.deadline import RunQueued
from omnichannel.notifiers import MailNotifier, WebhookNotifier
from omnichannel.params import DATE
from omnichannel.timetable import BusinessNights

SETTINGS = house_settings.load()

CUSTOMERS_PUBLISHED = Asset("omnichannel://published/customers")
AUDIENCES_DELIVERED = Asset("omnichannel://delivered/audiences")
MESSAGES_DISPATCHED = Asset("omnichannel://delivered/messages")
REPORT_WRITTEN = Asset("omnichannel://report")

SOURCES_POOL = "sources"
WAREHOUSE_POOL = "warehouse"
DESTINATIONS_POOL = "destinations"

# Seconds between two looks of a task that waits. Much less, and Airflow can queue the next look before it
# has taken note that the last one ended, and then counts a failure that was none.
LOOK_AGAIN = 10 if SETTINGS.clock == "sandbox" else 60

FIX_REASON = "A person must act: a retry would fail the same way."
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "include.errors.FixDeclaration",
                "include.errors.FixRequest",
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
    "retries": SETTINGS.retries,
    "retry_delay": timedelta(seconds=SETTINGS.retry_seconds),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=1),
    "on_failure_callback": [MailNotifier(), WebhookNotifier()],
    "weight_rule": "absolute",
}

EVERY_DAG: dict[str, Any] = {
    # before any data: a run whose date lies before a DAG's start ends green without a task
    "start_date": pendulum.datetime(2000, 1, 1, tz="UTC"),
    "catchup": False,  # which missed nights are run is the timetable's word
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "params": {"date": DATE},
    "default_args": DEFAULTS,
}


@dataclass(frozen=True)
class Stage:
    """A part of the night: how urgent its tasks are, and after how many hours a person is told it is late."""

    priority: int
    late_after: int


STAGES = {
    "build": Stage(priority=30, late_after=8),
    "ingest": Stage(priority=20, late_after=4),
    "deliver": Stage(priority=10, late_after=6),
    "report": Stage(priority=1, late_after=3),
}


def every_dag(stage: str, params: Mapping[str, Any] | None = None, **defaults: Any) -> dict[str, Any]:
    """What a DAG of this stage is made with; `params` join `date`, `defaults` go to each of its tasks."""
    of = STAGES[stage]
    return EVERY_DAG | {
        "params": {"date": DATE} | dict(params or {}),
        "default_args": DEFAULTS | {"priority_weight": of.priority} | defaults,
        "deadline": DeadlineAlert(
            reference=RunQueued(),
            interval=timedelta(hours=of.late_after),
            callback=AsyncCallback("omnichannel.notifiers.tell_late", {"hours": of.late_after}),
        ),
    }


def nightly() -> BusinessNights | None:
    """Midnight in the company's zone, when a business date has ended; none where a command drives."""
    return BusinessNights(SETTINGS.time_zone, SETTINGS.first_night) if SETTINGS.schedules else None


def once_a_date(*assets: Asset) -> PartitionedAssetTimetable:
    """One run for each business date for which all of these have been announced (see `announce`)."""
    return PartitionedAssetTimetable(assets=AssetAll(*assets))


def announce(asset: Asset, context: Mapping[str, Any], **said: Any) -> None:
    """Let what waits for this asset begin for the run's business date. The task must have it as outlet."""
    day = business_date(context).isoformat()
    event = context["outlet_events"][asset]
    event.add_partitions(day)
    event.extra = {"date": day, **said}


def channel_landed(channel: str) -> Asset:
    """The asset of what a channel has in the lake."""
    return Asset(f"omnichannel://lake/{channel}")


def business_date(context: Mapping[str, Any]) -> date:
    """The day a run is about, which must have ended, however the run was started.

    Raises:
        FixRequest: it has not ended.
    """
    day, run_after = date_of_run(context), _run_after(context)
    # by the scheduler's clock too: that of a worker may be a second behind when a night begins
    now = datetime.now(UTC)
    require_ended(SETTINGS, day, max(now, run_after) if run_after else now)
    return day


def date_of_run(context: Mapping[str, Any]) -> date:
    """The day a run is about: its parameter, else the date it was started for, else its data interval.

    A run that carries none of the three is about the last date that had ended when it was started.
    """
    given = (context.get("params") or {}).get("date")
    announced = getattr(context.get("dag_run"), "partition_key", None)
    if day := given or announced:
        return date.fromisoformat(day)
    start = context.get("data_interval_start")
    if start is not None and start != context.get("data_interval_end"):
        found: date = start.astimezone(SETTINGS.zone).date()
        return found
    return last_ended(SETTINGS, start or _run_after(context) or datetime.now(UTC))


def _run_after(context: Mapping[str, Any]) -> datetime | None:
    found: datetime | None = getattr(context.get("dag_run"), "run_after", None)
    return found
