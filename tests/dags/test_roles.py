"""Each role against each call of Airflow's API and each page of its users' pages; what is new is nobody's."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from omnichannel.access import roles
from tests.fixtures.team import PASSWORD, ROLES, Team, fill, operations, team

ALL, NOBODY, ADMIN = frozenset(ROLES), frozenset(), frozenset({"admin"})
RUNNERS = frozenset({"operator", "admin"})
CLEARERS = RUNNERS | {"analyst"}
ANSWERERS = RUNNERS | {"marketer"}
REFUSED = (401, 403)

# Who may what, by method and path; the first that fits. What fits none is for the admin alone.
EXPECTED = [
    (r"GET /api/v2/(monitor/health|version|auth/login|auth/logout)", None),
    (r"(GET|POST) /auth/(logout|token.*)", None),
    (r"GET /api/v2/connections/enqueue-test", ALL),  # which wants the token of who asked for the test
    (r"POST /api/v2/connections/(test|enqueue-test)|GET /api/v2/config\b.*", NOBODY),  # Airflow's default
    (r"GET /api/v2/(connections|variables)\b.*", ADMIN),
    (r"GET /auth/fab/.*", ADMIN),
    (r"GET /api/v2/(eventLogs|plugins|providers)\b.*", RUNNERS),
    (r"GET /api/v2/(assets|backfills|dags|dagSources|dagStats|dagTags|dagWarnings)\b.*", ALL),
    (r"GET /api/v2/(importErrors|jobs|pools)\b.*", ALL),
    (r"POST /api/v2/dags/\{dag_id\}/(un)?favorite", ALL),
    (r"POST /api/v2/dags/.*/list", ALL),
    (r"POST /api/v2/dags/\{dag_id\}/(clearTaskInstances|dagRuns/\{dag_run_id\}/clear)", CLEARERS),
    (r"PATCH /api/v2/dags/.*/hitlDetails", ANSWERERS),
    (r"(POST|PATCH) /api/v2/dags/.*/xcomEntries\b.*", ADMIN),
    (r"(POST|PATCH|PUT) /api/v2/dags\b.*", RUNNERS),
    (r"(POST|PUT) /api/v2/(backfills|parseDagFile)\b.*", RUNNERS),
    (r"(POST|PATCH|DELETE) /api/v2/pools\b.*", RUNNERS),
]
# What a call needs to be looked at at all: Airflow judges a body before it asks whose it is.
BULK = {
    "connections": {"connection_id": "x", "conn_type": "http"},
    "variables": {"key": "x", "value": "x"},
    "pools": {"name": "x", "slots": 1, "include_deferred": False},
    "dagRuns": {"dag_run_id": "x", "note": "x"},
    "taskInstances": {"task_id": "x", "note": "x"},
}
DATES = {"from_date": "2026-03-01T00:00:00Z", "to_date": "2026-03-02T00:00:00Z"}
BODIES: dict[str, dict[str, Any]] = {
    "POST clearDagRuns": {"dag_runs": [{"dag_run_id": "x"}]},
    "POST clearPartitions": {"run_id": "x"},
    "POST dagRuns": {"logical_date": None},
    "POST enqueue-test": {"connection_id": "x", "conn_type": "http"},
    "POST test": {"connection_id": "x", "conn_type": "http"},
    "PATCH hitlDetails": {"chosen_options": ["Approve"], "params_input": {}},
    "POST backfills": {"dag_id": "build_customer360", "max_active_runs": 1, **DATES},
    "POST dry_run": {"dag_id": "build_customer360", "max_active_runs": 1, **DATES},
}
SECURITY_PAGES = ("users/list/", "users/add", "users/edit/1", "users/show/1", "roles/list/", "roles/add")
SECURITY_PAGES += ("roles/edit/1", "actions/list/", "resources/list/", "permissions/list/")
SECURITY_PAGES += ("resetpassword/form?pk=1",)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team(tmp_path_factory.mktemp("team")) as running:
        yield running


@pytest.fixture(scope="module")
def users(served: Team) -> dict[str, httpx.Client]:
    return {role: served.client(role) for role in ROLES} | {"nobody": served.client()}


def expected(operation: str) -> frozenset[str] | None:
    """Who may; None where everybody may, logged in or not."""
    found = [who for pattern, who in EXPECTED if re.fullmatch(pattern, operation)]
    return found[0] if found else ADMIN


def body_of(method: str, path: str) -> dict[str, Any] | None:
    if method in ("GET", "DELETE"):
        return None
    last = path.rsplit("/", 1)[-1]
    if method == "PATCH" and last in BULK:
        return {"actions": [{"action": "update", "entities": [BULK[last]]}]}
    return BODIES.get(f"{method} {last}", {})


def ask(client: httpx.Client, method: str, path: str, values: dict[str, str]) -> int:
    query = {"dag_id": "build_customer360"} if path.endswith("/backfills") else {}
    return client.request(method, fill(path, values), params=query, json=body_of(method, path)).status_code


@pytest.fixture(scope="module")
def values(users) -> dict[str, str]:
    """Parts of paths: a real DAG, its file, a backfill; whatever else, a thing that is not there."""
    made = users["admin"].post("/api/v2/backfills", json=BODIES["POST backfills"])
    token = users["admin"].get("/api/v2/dags/build_customer360").json()["file_token"]
    numbers = ("map_index", "asset_id", "asset_alias_id", "try_number", "task_try_number", "version_number")
    numbers += ("event_log_id", "import_error_id")
    known = {"dag_id": "build_customer360", "file_token": token, "backfill_id": str(made.json()["id"])}
    return dict.fromkeys(numbers, "1") | known


def test_each_role_may_do_with_each_call_what_is_declared_and_nobody_without_a_login(users, values):
    looked_at, wrong = 0, []
    for method, path, _ in sorted(operations(users["nobody"]), key=lambda one: one[0] == "DELETE"):
        operation, who = f"{method} {path}", expected(f"{method} {path}")
        if who is None:
            continue
        for user, client in users.items():
            if method == "DELETE" and user in who:
                continue  # what may be deleted is not, here
            given = values | ({"dag_id": "~"} if "/list" in path and method == "POST" else {})
            answer = ask(client, method, path, given)
            looked_at += 1
            if (answer not in REFUSED) != (user in who):
                wrong.append((operation, user, answer))
    assert not wrong, "\n".join(map(str, wrong))
    assert looked_at > 700


def test_what_may_be_deleted_is_asked_for_by_those_who_may(users):
    deletions = [(m, p) for m, p, _ in operations(users["nobody"]) if m == "DELETE"]
    assert len(deletions) >= 15
    for method, path in deletions:
        for user in expected(f"{method} {path}") or ():
            answer = ask(users[user], method, path, {"asset_id": "99999", "map_index": "1"})
            assert answer not in REFUSED, (path, user)


def test_nobody_gets_a_page_of_the_interface_without_a_login(users, served):
    paths = ("auth/menus", "auth/me", "dags", "config", "dependencies", "backfills", "teams", "grid/runs/x")
    paths += (
        "dashboard/dag_stats",
        "structure/structure_data?dag_id=x",
        "connections/hook_meta",
        "calendar/x",
    )
    assert [path for path in paths if users["nobody"].get(f"/ui/{path}").status_code != 401] == []
    assert {users["viewer"].get(f"/ui/{path}").status_code for path in ("auth/me", "dags", "config")} == {200}
    assert users["nobody"].post("/ui/auth/token", json={"token_type": "api"}).status_code == 401


CASES = [
    ("analyst", "ingest_shop", {}, True),
    ("analyst", "report_results", {}, True),
    ("analyst", "build_customer360", {"send": "no"}, True),
    ("analyst", "build_customer360", {}, False),
    ("analyst", "build_customer360", {"send": "auto"}, False),
    ("analyst", "activate_audiences", {"dry_run": True}, True),
    ("analyst", "activate_audiences", {"dry_run": False}, False),
    ("analyst", "activate_audiences", {"dry_run": 1}, False),
    ("analyst", "activate_audiences", {"ask_again": True}, False),
    ("analyst", "send_messages", {"dry_run": True}, True),
    ("analyst", "send_messages", {}, False),
    ("analyst", "send_due_messages", {"dry_run": True}, False),
    ("analyst", "withdraw_version", {}, False),
    ("marketer", "report_results", {}, False),
    ("viewer", "report_results", {}, False),
    ("operator", "send_messages", {}, True),
]


@pytest.mark.parametrize(("user", "dag", "conf", "may"), CASES)
def test_an_analyst_starts_what_sends_nothing_and_an_operator_starts_all(users, user, dag, conf, may):
    given = {"date": "2026-03-15", **conf}
    said = users[user].post(f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None, "conf": given})
    assert (said.status_code == 200, said.status_code) == (may, 200 if may else 403)


def test_a_body_too_long_to_judge_is_no_dry_run(users):
    conf = {"dry_run": True, "date": "2026-03-15"}
    long = {"logical_date": None, "conf": conf, "note": "x" * 70_000}
    said = users["analyst"].post("/api/v2/dags/send_messages/dagRuns", json=long)
    assert said.status_code == 403


@pytest.mark.parametrize("dag", ["ingest_shop", "activate_audiences", "send_messages", "report_results"])
def test_an_analyst_clears_the_build_alone_and_marks_nothing(users, dag):
    analyst = users["analyst"]
    body = {"dry_run": True}
    assert analyst.post(f"/api/v2/dags/{dag}/clearTaskInstances", json=body).status_code == 403
    assert analyst.post("/api/v2/dags/build_customer360/clearTaskInstances", json=body).status_code == 200
    mark = f"/api/v2/dags/{dag}/dagRuns/x/taskInstances/y"
    assert analyst.patch(mark, json={"new_state": "success"}).status_code == 403


def test_an_operator_deletes_no_history_in_bulk_either(users):
    run = {"dag_run_id": "x"}
    for path, entity in (("dagRuns", run), ("dagRuns/x/taskInstances", {"task_id": "y"})):
        body = {"actions": [{"action": "delete", "entities": [entity]}]}
        said = users["operator"].patch(f"/api/v2/dags/build_customer360/{path}", json=body)
        assert said.status_code == 403 or said.json()["delete"]["success"] == []


def form(served: Team, user: str) -> httpx.Client:
    """A browser's session of this user, through the form."""
    browser = httpx.Client(base_url=served.url, timeout=60, follow_redirects=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/auth/login/").text)
    assert token
    given = {"username": user, "password": PASSWORD.format(user), "csrf_token": token[1]}
    assert browser.post("/auth/login/", data=given).status_code == 200
    assert browser.get("/ui/auth/me").json()["username"] == user
    return browser


@pytest.mark.parametrize("user", ["viewer", "analyst", "marketer", "operator"])
def test_users_and_roles_are_seen_and_changed_by_the_admin_alone(served, user):
    browser, admin = form(served, user), form(served, "admin")
    browser.follow_redirects = admin.follow_redirects = False
    open_to = [page for page in SECURITY_PAGES if browser.get(f"/auth/{page}").status_code == 200]
    assert open_to == []
    assert {admin.get(f"/auth/{page}").status_code for page in SECURITY_PAGES} == {200}
    assert browser.get("/auth/resetmypassword/form").status_code == 200


def test_a_password_that_can_be_guessed_is_taken_by_no_way_in(users, served):
    new = {"username": "eve", "first_name": "e", "last_name": "e", "email": "e@localhost"}
    said = users["admin"].post("/auth/fab/v1/users", json={**new, "password": "password1234"})
    assert said.status_code >= 400 and "password1234" not in said.text
    browser = form(served, "admin")
    page = browser.get("/auth/users/add").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    given = {**new, "active": "y", "roles": "1", "password": "password1234", "conf_password": "password1234"}
    assert "well-known words" in browser.post("/auth/users/add", data=given | {"csrf_token": token[1]}).text
    assert users["admin"].get("/auth/fab/v1/users/eve").status_code == 404


def test_every_role_that_is_declared_is_tested():
    assert [role.name for role in roles.declared()] == list(ROLES[:-1])
    assert all(role.permissions and role.purpose for role in roles.declared())
