"""A run that failed and was cleared waits for the one at work, and is not waited for by it."""

from datetime import date
from types import SimpleNamespace

import pytest

from include.settings import Settings
from include.warehouse.turn import take_turn
from omnichannel import night_before
from omnichannel.sensors.candidate_opened import is_building
from omnichannel.sensors.deliveries_ended import DELIVERIES, DeliveriesEndedSensor

NIGHT = date(2026, 3, 16)


class Runs:
    """A task instance's view of one build: whose it is, and in which state."""

    def __init__(self, run_id, state):
        self.run_id, self.state = run_id, state

    def get_dr_count(self, dag_id, states, run_ids=(), logical_dates=()):
        return int(dag_id == "build_customer360" and self.run_id in run_ids and self.state in states)

    def get_task_states(self, **_):
        return {}


@pytest.mark.parametrize(
    ("state", "is_waited_for"), [("running", True), ("queued", False), ("failed", False), ("success", False)]
)
def test_the_turn_is_waited_for_while_its_holder_runs(tmp_path, state, is_waited_for):
    settings, runs = Settings(var=tmp_path), Runs("first", state)
    take_turn(settings, "first", lambda _: True)
    took = take_turn(settings, "second", lambda run_id: is_building(runs, "build_customer360", run_id))
    assert took is not is_waited_for


@pytest.mark.parametrize(("state", "is_waited_for"), [("running", True), ("queued", False)])
def test_the_night_before_is_waited_for_while_it_runs(state, is_waited_for):
    context = {
        "ti": Runs("2026-03-15", state),
        "params": {"date": NIGHT.isoformat()},
        "dag_run": SimpleNamespace(partition_key=None),
    }
    assert night_before.is_under_way(context) is is_waited_for


@pytest.mark.parametrize(
    ("dag_id", "state", "is_waited_for"),
    [
        ("activate_audiences", "null", True),
        ("activate_audiences", "up_for_retry", True),
        ("activate_audiences", "upstream_failed", False),
        ("send_messages", "running", True),
        ("send_messages", "skipped", False),
        ("send_messages", "success", False),
    ],
)
def test_the_report_waits_for_the_last_step_of_each_delivery(dag_id, state, is_waited_for):
    last = {"activate_audiences": "announce_audiences", "send_messages": "dispatch_messages"}[dag_id]

    class Steps:
        def get_ti_count(self, dag_id, task_ids, states):
            return int((dag_id, task_ids) == (asked, [last]) and state in states)

    asked = dag_id
    sensor = DeliveriesEndedSensor(task_id="await_deliveries")
    assert sensor.poke({"ti": Steps()}) is not is_waited_for


def test_a_report_is_written_though_its_waiting_was_given_up(dag_bag):
    report = dag_bag.dags["report_results"]
    assert report.get_task("await_deliveries").soft_fail
    assert report.get_task("write_report").upstream_task_ids == {"await_deliveries"}
    assert report.get_task("write_report").trigger_rule == "none_failed"
    for dag_id, last in DELIVERIES.items():
        assert dag_bag.dags[dag_id].has_task(last), dag_id
