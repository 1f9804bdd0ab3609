"""Airflow's public REST API, as much of it as driving a night needs."""

import time
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import httpx
from tenacity import retry, retry_if_exception, stop_after_delay, wait_exponential

from include.settings import load

PARSE_SECONDS = 180


def _is_passing(error: BaseException) -> bool:
    """Whether the server stumbled (a locked SQLite database answers 500) rather than refused."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.ReadTimeout)


def unhealthy(url: str) -> str:
    """Name of the first service that is not healthy yet, or an empty string."""
    answer = httpx.get(f"{url}/api/v2/monitor/health", timeout=5, trust_env=False)
    health = answer.raise_for_status().json()
    for name in ("metadatabase", "dag_processor", "scheduler", "triggerer"):
        if (health.get(name) or {}).get("status") != "healthy":
            return name.replace("_", "-")
    return ""


def _is_of(run: Mapping[str, Any], day: date) -> bool:
    """Whether a run is about this date; a run by schedule begins at the date's midnight in its zone."""
    if day.isoformat() in (run["dag_run_id"], run["partition_key"]):
        return True
    start, end = run["data_interval_start"], run["data_interval_end"]
    return bool(start) and start != end and _local_day(start) == day


def _local_day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(load().zone).date()


class AirflowApi:
    """A client logged in as one user. Every call raises `httpx.HTTPStatusError` when refused."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._user, self._password = user, password
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._login()

    def _login(self) -> None:
        answer = self._http.post("/auth/token", json={"username": self._user, "password": self._password})
        self._http.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"

    @retry(
        retry=retry_if_exception(_is_passing),
        wait=wait_exponential(max=10),
        stop=stop_after_delay(90),
        reraise=True,
    )
    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        """One call, made again while the server stumbles: every call here may be made twice."""
        answer = self._http.request(method, f"/api/v2{path}", **kwargs)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token lives shorter than many nights
            self._login()
            answer = self._http.request(method, f"/api/v2{path}", **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def set_pools(self, pools: Mapping[str, int]) -> None:
        """Create the pools, or set the number of their slots."""
        entities = [{"name": n, "slots": slots, "include_deferred": False} for n, slots in pools.items()]
        action = {"action": "create", "action_on_existence": "overwrite", "entities": entities}
        self._call("PATCH", "/pools", json={"actions": [action]})

    def await_dags(self, dag_ids: list[str]) -> None:
        """Wait until the DAG processor has parsed all of these.

        Raises:
            TimeoutError: some did not appear within three minutes; import errors are named.
        """
        end = time.monotonic() + PARSE_SECONDS
        while time.monotonic() < end:
            found = {d["dag_id"] for d in self._call("GET", "/dags", params={"limit": 200})["dags"]}
            if found >= set(dag_ids):
                return
            time.sleep(0.5)
        errors = self._call("GET", "/importErrors")["import_errors"]
        detail = "; ".join(f"{e['filename']}: {e['stack_trace'][-300:]}" for e in errors)
        raise TimeoutError(f"DAGs not parsed: {sorted(set(dag_ids) - found)}. {detail}")

    def run(self, dag_id: str, day: date, conf: Mapping[str, Any]) -> str:
        """Run a business date and return the run's id.

        A run of that date which is under way, for instance by schedule, is left to go on; one that has
        ended is cleared and runs again.
        """
        if found := self.run_of(dag_id, day):
            run_id, has_ended = str(found["dag_run_id"]), found["state"] in ("success", "failed")
            if has_ended:
                path = f"/dags/{dag_id}/dagRuns/{run_id}/clear"
                self._call("POST", path, json={"dry_run": False, "only_failed": False})
            return run_id
        body = {"dag_run_id": day.isoformat(), "logical_date": None, "conf": dict(conf)}
        self._call("POST", f"/dags/{dag_id}/dagRuns", json=body)
        return day.isoformat()

    def run_of(self, dag_id: str, day: date) -> dict[str, Any] | None:
        """The newest run of a business date, if it has one: by schedule, by this client or by an asset."""
        return next((run for run in self.runs(dag_id) if _is_of(run, day)), None)

    def is_scheduled(self, dag_id: str) -> bool:
        """Whether a timetable or assets start this DAG, and it is not paused."""
        dag = self._call("GET", f"/dags/{dag_id}")
        return bool(dag["timetable_summary"]) and not dag["is_paused"]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The newest runs of a DAG, newest first."""
        params: dict[str, Any] = {"order_by": "-id", "limit": 100}
        return list(self._call("GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"])

    def state(self, dag_id: str, run_id: str) -> str:
        """State of a run: queued, running, success or failed."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run, mapped ones included."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self._call("GET", path, params={"limit": 200})["task_instances"])

    def error(self, task: Mapping[str, Any]) -> str:
        """What a failed task's last try said: the error's name and message, else its last line."""
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
            f"/logs/{task['try_number']}"
        )
        content = self._call("GET", path, params={"map_index": task["map_index"], "full_content": True})
        entries = [entry for entry in content["content"] if isinstance(entry, dict)]
        for entry in reversed(entries):
            for raised in entry.get("error_detail") or []:
                return f"{raised['exc_type']}: {raised['exc_value']}"
        return str(entries[-1].get("event", "")) if entries else "no log was written"
