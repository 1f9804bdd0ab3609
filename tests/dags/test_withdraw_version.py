"""A version is withdrawn by hand, by its exact name, and never beside a build."""

from datetime import date

import pytest
from airflow.sdk.exceptions import ParamValidationError
from airflow.sdk.execution_time.context import set_current_context

from include.errors import FixRequest
from include.settings import Settings
from include.warehouse import published
from include.warehouse.versions import date_of
from omnichannel import house, tasks
from tests.fixtures.published import publish

DAY, NEXT_DAY = date(2026, 3, 15), date(2026, 3, 16)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    found = Settings(var=tmp_path, clock="sandbox")
    monkeypatch.setattr(tasks, "SETTINGS", found)
    return found


def run(version):
    with set_current_context({"params": {"version": version}}):
        return tasks.withdraw.function()


def test_it_is_started_by_hand_alone_and_waits_for_the_one_slot_of_the_warehouse(dag_bag):
    dag = dag_bag.dags["withdraw_version"]
    (task,) = dag.tasks
    assert type(dag.timetable).__name__ == "NullTimetable" and not dag.is_paused_upon_creation
    assert (task.pool, task.pool_slots) == (house.WAREHOUSE_POOL, 1)
    assert {t.pool for t in dag_bag.dags["build_customer360"].tasks if t.task_id.startswith("build_")} == {
        task.pool
    }


@pytest.mark.parametrize(
    "given", ["2026-03-15", "2026-03-15-0123456789AB", "current", "../2026-03-15-0123456789ab", "", None]
)
def test_what_is_no_versions_name_is_refused_before_a_run_begins(dag_bag, given):
    with pytest.raises(ParamValidationError):
        dag_bag.dags["withdraw_version"].params.get_param("version").resolve(given)


def test_a_run_without_a_version_is_refused_and_a_versions_name_is_taken(dag_bag):
    param = dag_bag.dags["withdraw_version"].params.get_param("version")
    with pytest.raises(ParamValidationError):
        param.resolve()
    name = "2026-03-15-0123456789ab"
    assert date_of(param.resolve(name)) == DAY


def test_the_task_says_what_readers_see_and_is_green_the_second_time(settings):
    good, wrong = publish(settings, DAY), publish(settings, NEXT_DAY)
    assert run(wrong) == {"version": wrong, "readers_see": good, "plans": 0, "batches": 0, "messages": 0}
    assert run(wrong)["readers_see"] == good == published.current(settings).name


def test_a_version_that_does_not_stand_is_a_request_to_fix_and_not_retried(settings):
    publish(settings, DAY)
    with pytest.raises(FixRequest, match="These do: 2026-03-15-") as refused:
        run("2026-03-16-0123456789ab")
    assert house.RETRY_POLICY.evaluate(refused.value, 1, 3).action.value == "fail"
