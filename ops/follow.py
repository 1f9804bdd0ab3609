"""Follow Airflow runs from outside: one line a step as it ends, and what is red at the end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ops.airflow_api import AirflowApi

ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}
ASKS = "awaiting_input"
RED = {"failed", "upstream_failed"}
MARKS = {"success": "ok", "failed": "FAILED", "upstream_failed": "not run", "skipped": "skipped"}


@dataclass
class Follower:
    """Follows runs and remembers what ended how.

    `say` receives each progress line; `check` is called at each look and raises where no more can come.
    """

    api: AirflowApi
    say: Callable[[str], None]
    check: Callable[[], None] = lambda: None
    ended: dict[tuple[str, str, str, int], dict[str, Any]] = field(default_factory=dict)
    asking: dict[tuple[str, str, str, int], dict[str, Any]] = field(default_factory=dict)

    def follow(self, runs: Sequence[tuple[str, str]], pause: float = 0.5) -> dict[str, str]:
        """Follow `(dag_id, run_id)` pairs until all have ended, or wait for a person alone.

        Returns each DAG's state: success, failed or, where a question is open, `asks`.
        """
        states: dict[str, str] = {}
        while len(states) < len(runs):
            self.check()
            for dag_id, run_id in runs:
                if dag_id in states:
                    continue
                state = self.api.state(dag_id, run_id)
                unfinished = self._report(dag_id, run_id)
                if state in ("success", "failed"):
                    states[dag_id] = state
                elif unfinished - {None} == {ASKS}:
                    states[dag_id] = "asks"
            time.sleep(pause)
        return states

    def await_new_run(self, dag_id: str, day: date, known: set[str], patience: float = 180) -> str:
        """Wait for a run of an asset-driven DAG, of this date and not known before; returns its id.

        Raises:
            TimeoutError: none appeared.
        """
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.check()
            for run in self.api.runs(dag_id):
                if run["dag_run_id"] not in known and run["partition_key"] == day.isoformat():
                    return str(run["dag_run_id"])
            time.sleep(0.3)
        raise TimeoutError(f"{dag_id} was not started for {day} within {patience:.0f} s")

    def state_of(self, dag_id: str, task_id: str) -> str:
        """How a task ended; empty if it has not."""
        found = [
            t["state"] for (dag, _, task, _), t in self.ended.items() if (dag, task) == (dag_id, task_id)
        ]
        return str(found[-1]) if found else ""

    def questions(self) -> list[dict[str, Any]]:
        """Tasks that wait for a person's answer."""
        return [task for key, task in self.asking.items() if key not in self.ended]

    def red(self) -> list[dict[str, Any]]:
        """Tasks that failed by themselves (not those behind them), in the order they ended."""
        return [t for t in self.ended.values() if t["state"] == "failed"]

    def is_green(self) -> bool:
        """Whether no task at all is red, whatever its run's own state says."""
        return not any(t["state"] in RED for t in self.ended.values())

    def _report(self, dag_id: str, run_id: str) -> set[str | None]:
        """Say what has ended since; the states of what has not, questions to a person being remembered."""
        unfinished: set[str | None] = set()
        for task in self.api.tasks(dag_id, run_id):
            key = (dag_id, run_id, task["task_id"], task["map_index"])
            if task["state"] in ENDED and key not in self.ended:
                self.ended[key] = task
                self.say(_line(task))
            elif task["state"] not in ENDED:
                unfinished.add(task["state"])
                if task["state"] == ASKS:
                    self.asking[key] = task
        return unfinished


def seconds(task: dict[str, Any]) -> float:
    """Wall time of a task's last try."""
    return float(task.get("duration") or 0.0)


def span(tasks: Sequence[dict[str, Any]]) -> float:
    """Seconds from the first start to the last end of these tasks."""
    starts = [datetime.fromisoformat(t["start_date"]) for t in tasks if t.get("start_date")]
    ends = [datetime.fromisoformat(t["end_date"]) for t in tasks if t.get("end_date")]
    return (max(ends) - min(starts)).total_seconds() if starts and ends else 0.0


def name(task: dict[str, Any]) -> str:
    """A task as a person names it: with its stream or sync where it is mapped."""
    label = task.get("rendered_map_index")
    return f"{task['task_id']} [{label}]" if label not in (None, "") else str(task["task_id"])


def _line(task: dict[str, Any]) -> str:
    mark = MARKS.get(task["state"], task["state"])
    tries = f"  (try {task['try_number']})" if (task.get("try_number") or 0) > 1 else ""
    return f"{task['dag_id']:<20} {name(task):<49} {mark:<7} {seconds(task):6.1f} s{tries}"
