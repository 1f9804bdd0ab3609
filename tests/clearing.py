"""What Airflow's API is sent to clear a run or a task, by a client with a token and by the UI."""

from collections.abc import Mapping
from typing import Any

import httpx

from ops.airflow_api import AirflowApi

TRIES = 4
# what the UI's dialogues add
OF_RUN = {"only_new": False, "run_on_latest_version": False}
OF_TASK = {
    **{f"include_{which}": False for which in ("future", "past", "upstream")},
    "run_on_latest_version": False,
    "prevent_running_task": True,
}


def clearing(dag: str, run: str, task: str, by: str, also: dict[str, bool]) -> tuple[str, dict[str, Any]]:
    """Path and body of the call that clears a run, or one task with what follows it.

    Over REST a run's failed tasks; the UI's dialogues clear the whole run unless one chooses otherwise.
    """
    body: dict[str, Any] = {"dry_run": False, "only_failed": not task and by != "ui"} | also
    if not task:
        return f"/dags/{dag}/dagRuns/{run}/clear", body | (OF_RUN if by == "ui" else {})
    body |= {"dag_run_id": run, "task_ids": [task], "include_downstream": True}
    return f"/dags/{dag}/clearTaskInstances", body | (OF_TASK if by == "ui" else {})


def post_as_ui(api: AirflowApi, path: str, body: Mapping[str, Any]) -> int:
    """A call as the UI makes it: no token in a header, but the cookie that a login has left.

    On SQLite Airflow answers 500 now and then, *database is locked*, and one clicks again: how often.
    """
    who = {"username": api._user, "password": api._password}
    with httpx.Client(base_url=str(api._http.base_url), timeout=60) as browser:
        token = browser.post("/auth/token", json=who).raise_for_status().json()["access_token"]
        browser.cookies.set("_token", token)
        answers = [browser.post(f"/api/v2{path}", json=body)]
        while answers[-1].is_server_error and len(answers) < TRIES:
            answers.append(browser.post(f"/api/v2{path}", json=body))
        answers[-1].raise_for_status()
    return len(answers) - 1
