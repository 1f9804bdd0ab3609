"""What the DAGs promise to whoever looks at them: schedules, order of work, parameters and deadlines."""

from pathlib import Path

import pytest
from airflow.sdk.exceptions import ParamValidationError

from include.channels import load_channels
from omnichannel import house

ROOT = Path(__file__).parents[2]
SCHEDULED = {"build_customer360", *(f"ingest_{name}" for name in load_channels())}
BY_ASSET = {"activate_audiences", "send_messages", "report_results"}


def test_nights_are_scheduled_and_what_follows_starts_once_a_date(dag_bag):
    assert {
        i for i, dag in dag_bag.dags.items() if type(dag.timetable).__name__ == "BusinessNights"
    } == SCHEDULED
    assert {
        i for i, dag in dag_bag.dags.items() if type(dag.timetable).__name__ == "PartitionedAssetTimetable"
    } == BY_ASSET


def test_the_scheduler_and_the_ui_read_back_schedules_and_owners(run_python, tmp_path):
    said = run_python(
        "from airflow.dag_processing.dagbag import DagBag\n"
        "from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG\n"
        "for dag in DagBag(dag_folder='dags').dags.values():\n"
        "    data = DagSerialization.to_dict(dag)\n"
        "    read = DagSerialization.from_dict(data)\n"
        "    told = (dag.dag_id, LazyDeserializedDAG(data=data).owner, read.timetable.description)\n"
        "    print('>', *told, sep='|')\n",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
        OMNI_VAR=str(tmp_path),
        OMNI_FIRST_NIGHT="2026-03-15",
    )
    lines = [line.split("|")[1:] for line in said.splitlines() if line.startswith(">")]
    shown = {dag_id: (owner, schedule) for dag_id, owner, schedule in lines}
    for name, channel in load_channels().items():
        nightly = "At midnight in Europe/London, each night from 2026-03-15 on"
        assert shown[f"ingest_{name}"] == (channel.owner, nightly)
    assert shown["build_customer360"][0] == "data-platform"


def test_airflow_loads_the_plugin_alone_and_every_task_reads_the_rest_anew(run_python, tmp_path):
    said = run_python(
        "import sys\n"
        "from airflow import plugins_manager\n"
        "print('>', *plugins_manager.get_timetables_plugins())\n"
        "ours = ('omnichannel', 'include', 'tasks')\n"
        "print('>', *sorted(m for m in sys.modules if m.split('.')[0] in ours))\n",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    )
    registered, imported = [line[2:] for line in said.splitlines() if line.startswith(">")]
    assert registered == "omnichannel.timetable.BusinessNights"
    before_the_api = [f"access.{name}" for name in ("asked", "guesses", "headers", "login")]  # and in no task
    ours = ["access", *before_the_api, "deadline", "timetable"]
    assert imported.split() == ["omnichannel", *(f"omnichannel.{name}" for name in ours)]


def test_required_channels_come_before_optional_ones_and_publishing_before_sending(dag_bag):
    def weight(dag_id):
        return {task.priority_weight for task in dag_bag.dags[dag_id].tasks}

    required = {f"ingest_{c.name}" for c in load_channels().values() if c.is_required}
    optional = SCHEDULED - required - {"build_customer360"}
    assert required and optional
    assert min(weight("build_customer360")) > max(max(weight(i)) for i in required)
    assert min(min(weight(i)) for i in required) > max(max(weight(i)) for i in optional)
    assert min(min(weight(i)) for i in optional) > max(weight("send_messages"))


def test_every_stage_has_a_deadline_that_somebody_is_told_of(dag_bag):
    from airflow._shared.module_loading import import_string

    for dag_id in SCHEDULED | {"send_messages", "report_results"}:
        (deadline,) = dag_bag.dags[dag_id].deadline
        assert callable(import_string(deadline.callback.path)), dag_id


@pytest.mark.parametrize(
    ("dag_id", "values"),
    [
        ("ingest_shop", {"date": "2026-02-30"}),
        ("ingest_shop", {"date": "yesterday"}),
        ("ingest_shop", {"streams": ["orders", "no_such_stream"]}),
        ("build_customer360", {"send": "maybe"}),
        ("build_customer360", {"full_refresh": "of course"}),
        ("send_messages", {"dry_run": 7}),
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_run_begins(dag_bag, dag_id, values):
    params = dag_bag.dags[dag_id].params
    with pytest.raises(ParamValidationError):
        for name, value in values.items():
            params.get_param(name).resolve(value)


def test_every_parameter_explains_itself(dag_bag):
    params = [(d.dag_id, n, d.params.get_param(n)) for d in dag_bag.dags.values() for n in d.params]
    assert len(params) > 10
    for dag_id, name, param in params:
        assert param.description and param.schema.get("title"), (dag_id, name)


def test_a_failure_is_told_by_mail_and_by_webhook(dag_bag):
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            told = [type(n).__name__ for n in task.on_failure_callback]
            assert told == ["MailNotifier", "WebhookNotifier"], (dag.dag_id, task.task_id)
    assert house.DEFAULTS.get("on_retry_callback") is None
