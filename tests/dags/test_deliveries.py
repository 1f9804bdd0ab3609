"""What starts a delivery and what it may send: the version that a build announced, and no other."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.comms import AssetEventDagRunReferenceResult
from airflow.sdk.execution_time.context import (
    OutletEventAccessors,
    TriggeringAssetEventsAccessor,
    set_current_context,
)

from include.settings import Settings
from omnichannel import tasks
from omnichannel.house import CUSTOMERS_PUBLISHED
from omnichannel.operators import start_sending
from tests.fixtures.published import publish

PAST, NEWEST = date(2026, 3, 15), date(2026, 3, 16)
DELIVERIES = {
    "settle_unknown": (tasks.settle_unknown, ()),
    "plan_messages": (tasks.plan_messages, ()),
    "dispatch_messages": (tasks.dispatch_messages, ()),
    "sync_audience": (tasks.sync_audience, ("lapsed_buyers",)),
    "list_questions": (tasks.list_questions, ()),
    "deliver_approved": (tasks.deliver_approved, ("lapsed_buyers", "q")),
}


@pytest.fixture
def house(tmp_path, monkeypatch):
    """The 15th, published and rebuilt; then the 16th. Tells the two versions of the 15th."""
    settings = Settings(var=tmp_path, clock="sandbox")
    monkeypatch.setattr(tasks, "SETTINGS", settings)
    monkeypatch.setattr(start_sending, "SETTINGS", settings)
    names = [publish(settings, PAST, rpt_channel_freshness=[{"channel": word}]) for word in ("a", "b")]
    publish(settings, NEWEST)
    return names


def announcement(version, source="build_customer360"):
    return AssetEventDagRunReferenceResult.model_validate(
        {
            "asset": {
                "name": CUSTOMERS_PUBLISHED.name,
                "uri": CUSTOMERS_PUBLISHED.uri,
                "extra": {},
            },
            "extra": {"date": str(PAST), "version": version},
            "source_task_id": "start_sending" if source else None,
            "source_dag_id": source,
            "source_run_id": "r" if source else None,
            "source_map_index": -1,
            "source_aliases": [],
            "timestamp": datetime(2026, 3, 16, tzinfo=UTC),
        }
    )


def run_of(day, *events, **params):
    return {
        "params": params,
        "dag_run": SimpleNamespace(partition_key=str(day), run_type="asset_triggered"),
        "triggering_asset_events": TriggeringAssetEventsAccessor.build(events),
        "outlet_events": OutletEventAccessors(),
    }


def allowed(context):
    with set_current_context(context):
        try:
            tasks.refuse_past()
        except AirflowSkipException:
            return False
    return True


def test_a_past_date_goes_on_with_the_version_that_was_announced_alone(house):
    first, rebuilt = house
    assert allowed(run_of(PAST, announcement(rebuilt)))
    assert not allowed(run_of(PAST, announcement(first))), "rebuilt since, and held"
    assert not allowed(run_of(PAST, announcement(rebuilt, source=None))), "posted by hand"
    assert not allowed(run_of(PAST)), "started by hand"
    assert allowed(run_of(PAST, dry_run=True))
    assert allowed(run_of(NEWEST))


@pytest.mark.parametrize("name", DELIVERIES)
def test_each_step_that_lets_something_leave_asks_first(house, name):
    step, arguments = DELIVERIES[name]
    with set_current_context(run_of(PAST, announcement(house[0]))), pytest.raises(AirflowSkipException):
        step.function(*arguments)


SCHEDULE = (
    "import runpy\n"
    "dag = runpy.run_path('dags/send_due_messages.py')['send_due_messages']()\n"
    "print(type(dag.timetable).__name__, getattr(dag.timetable, 'expression', ''))"
)


@pytest.mark.parametrize(
    ("environment", "schedule"),
    [
        ({"OMNI_CLOCK": "wall"}, "CronTriggerTimetable */15 * * * *"),
        ({"OMNI_CLOCK": "sandbox"}, "NullTimetable"),
        ({"OMNI_CLOCK": "wall", "OMNI_SCHEDULES": "false"}, "NullTimetable"),
    ],
)
def test_messages_leave_by_day_where_time_passes_by_itself(run_python, tmp_path, environment, schedule):
    home = {"AIRFLOW_HOME": str(tmp_path), "OMNI_VAR": str(tmp_path)}
    assert run_python(SCHEDULE, **home, **environment).splitlines()[-1].strip() == schedule


def test_a_build_announces_the_version_that_it_published(house):
    context = run_of(NEWEST, send="auto")
    context["dag_run"].run_type = "scheduled"
    published = {"publish_version": "2026-03-16-0123456789ab"}
    context["ti"] = SimpleNamespace(xcom_pull=lambda task_ids: published[task_ids])
    start_sending.StartSendingOperator(task_id="start_sending").execute(context)
    said = context["outlet_events"][CUSTOMERS_PUBLISHED]
    assert said.extra == {"date": "2026-03-16", "version": "2026-03-16-0123456789ab"}
    assert said.partition_keys == {"2026-03-16"}
