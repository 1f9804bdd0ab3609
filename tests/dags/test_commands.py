"""The commands of "Rerun or backfill a date" are Airflow's, and clear what the page says they clear."""

import json
import re
import shlex

import pytest

from include.settings import ROOT
from tests.fixtures.metadata import installation

PAGE = (ROOT / "docs" / "how-to" / "rerun-or-backfill-a-date.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [shlex.split(line)[1:] for line in CODE.splitlines() if line.startswith("airflow ")]
CURLS = [shlex.split(line) for line in CODE.splitlines() if line.startswith("curl ")]
SCHEDULED, BY_HAND = "scheduled__2026-03-15", "manual__2026-03-16T08:30:00+00:00"
BY_ASSET = "asset_triggered__2026-03-16T00:05:00+00:00_k3Rw9sYb"

PREPARE = f"""
import json, sys
from datetime import date
from include.settings import load
from tests.fixtures.airflow_runs import *

def fail_again():
    night = load().day_start(date(2026, 3, 15))
    with create_session() as session:
        failed(session, "ingest_shop", {SCHEDULED!r}, day=night)
        failed(session, "build_customer360", {SCHEDULED!r}, day=night)
        failed(session, "ingest_shop", {BY_HAND!r}, conf={{"date": "2026-03-15"}})
        failed(session, "activate_audiences", {BY_ASSET!r}, partition_key="2026-03-15")

def now_cleared():
    with create_session() as session:
        return cleared(session)
"""
BY_COMMAND = (
    PREPARE
    + """
found = []
for words in json.loads(sys.argv[1]):
    fail_again()
    command(*words)
    found.append(now_cleared())
print()
print(json.dumps(found))
"""
)
OVER_REST = (
    PREPARE
    + """
from airflow.api_fastapi.app import create_app
from starlette.testclient import TestClient
user, calls = json.loads(sys.argv[1])
with TestClient(create_app(), base_url="http://127.0.0.1:8080") as client:
    token = client.post("/auth/token", json=user).json()["access_token"]
    found = []
    for method, path, body in calls:
        fail_again()
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.request(method, path, json=body, headers=headers)
        found.append([answer.status_code, answer.json(), now_cleared()])
print()
print(json.dumps(found))
"""
)
ORPHANED = """
import json, sys
from airflow._shared.timezones import timezone
from airflow.models.backfill import Backfill
from tests.fixtures.airflow_runs import *
with create_session() as session:
    at = timezone.datetime(2026, 3, 10)
    session.add(Backfill(dag_id="ingest_shop", from_date=at, to_date=at, max_active_runs=1,
                         reprocess_behavior="completed"))
print(json.dumps("made"))
"""
CREATE = """
import json, sys
from airflow.models.backfill import AlreadyRunningBackfill
from tests.fixtures.airflow_runs import *
try:
    command(*json.loads(sys.argv[1]))
except AlreadyRunningBackfill as error:
    answer = str(error)
else:
    answer = "created"
print()
print(json.dumps(answer))
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    return installation(tmp_path_factory.mktemp("commands") / "var")


@pytest.fixture(scope="module")
def by_command(airflow):
    """What each clear command of the page clears, each on runs that have failed as a whole."""
    clears = [words for words in COMMANDS if words[1] == "clear"]
    found = airflow.run(BY_COMMAND, json.dumps([*clears, by_hand_and_date()]))
    return {shlex.join(words): what for words, what in zip([*clears, by_hand_and_date()], found, strict=True)}


@pytest.fixture(scope="module")
def over_rest(airflow):
    """What each call of the page answers and clears."""
    login = {"username": "admin", "password": airflow.password}
    return airflow.run(OVER_REST, json.dumps([login, [call(words) for words in CURLS]]))


def by_hand_and_date():
    """As for a scheduled run, but the date is of a run that was started by hand alone."""
    return ["tasks", "clear", "ingest_shop", "-s", "2026-03-16", "-e", "2026-03-16", "--yes"]


def call(words):
    """Method, path and body of a call with curl."""
    url = next(word for word in words if word.startswith("http"))
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    return method, url.removeprefix("http://127.0.0.1:8080"), body


def runs(what):
    return {(dag_id, run_id) for dag_id, run_id, _, _ in what}


def tasks(what):
    return {(task_id, map_index) for _, _, task_id, map_index in what}


def test_airflow_understands_every_command_of_the_page(run_python):
    made = re.findall(r'^make airflow CMD="(.*)"$', CODE, re.MULTILINE)
    inner = [shlex.split(one.replace('\\"', '"')) for one in made]
    assert len(COMMANDS) >= 8 and len(inner) == 1
    understood = run_python(
        "import json, sys\n"
        "from airflow.cli.cli_parser import get_parser\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    print(get_parser().parse_args(words).func)\n",
        json.dumps(COMMANDS + inner),
    )
    assert len(understood.splitlines()) == len(COMMANDS) + 1
    assert inner[0] == COMMANDS[0]


def test_a_whole_run_of_each_kind_is_cleared_by_command(by_command):
    whole = {name: what for name, what in by_command.items() if name.startswith("dags clear")}
    assert [runs(what) for what in whole.values()] == [
        {("ingest_shop", SCHEDULED)},
        {("ingest_shop", BY_HAND)},
        {("activate_audiences", BY_ASSET)},
    ]
    for name, what in whole.items():
        assert len(what) >= 3, name


def test_one_task_of_a_scheduled_run_is_cleared_by_its_date(by_command):
    land, build = [
        what for name, what in by_command.items() if name.startswith("tasks clear") and "-t" in name
    ]
    assert runs(land) == {("ingest_shop", SCHEDULED)}
    assert tasks(land) == {("land_stream", 0), ("land_stream", 1)}
    assert runs(build) == {("build_customer360", SCHEDULED)}
    assert {"open_candidate", "publish_version", "start_sending"} <= {task for task, _ in tasks(build)}
    assert "await_channels" not in {task for task, _ in tasks(build)}


def test_a_run_started_by_hand_is_not_found_by_a_date(by_command):
    assert by_command[shlex.join(by_hand_and_date())] == []
    assert "it then clears nothing and ends with 0" in PAGE


def test_one_mapped_task_and_one_with_what_follows_are_cleared_over_rest(over_rest):
    mapped, downstream = [
        found for found, words in zip(over_rest, CURLS, strict=True) if "clearTask" in str(words)
    ]
    assert [mapped[0], downstream[0]] == [200, 200], (mapped[1], downstream[1])
    assert runs(mapped[2]) == {("ingest_shop", BY_HAND)} and tasks(mapped[2]) == {("land_stream", 1)}
    assert runs(downstream[2]) == {("activate_audiences", BY_ASSET)}
    assert {task for task, _ in tasks(downstream[2])} == {
        "list_questions",
        "odd_changes.approve",
        "odd_changes.deliver_approved",
    }


def test_a_backfill_that_is_left_over_is_cancelled_and_another_can_be_created(airflow):
    create = next(words for words in COMMANDS if words[:2] == ["backfill", "create"])
    calls = [call(words) for words in CURLS if "backfills" in str(words)]
    assert [method for method, _, _ in calls] == ["GET", "PUT"]
    airflow.run(ORPHANED)
    assert "Another backfill is running" in airflow.run(CREATE, json.dumps(create))
    login = {"username": "admin", "password": airflow.password}
    listed, cancelled = airflow.run(OVER_REST, json.dumps([login, calls]))
    assert [b["id"] for b in listed[1]["backfills"]] == [1]
    assert cancelled[0] == 200 and cancelled[1]["completed_at"]
    assert airflow.run(CREATE, json.dumps(create)) == "created"
