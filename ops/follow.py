"""Follow Airflow runs from outside: one line a step as it ends, and what is red at the end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.airflow_api import AirflowApi

ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}
RED = {"failed", "upstream_failed"}
MARKS = {"success": "ok", "failed": "FAILED", "upstream_failed": "not run", "skipped": "skipped"}


@dataclass
class Follower:
    """Follows runs and remembers what ended how. `say` receives each progress line."""

    api: AirflowApi
    say: Callable[[str], None]
    ended: dict[tuple[str, str, str, int], dict[str, Any]] = field(default_factory=dict)

    def follow(self, runs: Sequence[tuple[str, str]], pause: float = 0.5) -> dict[str, str]:
        """Follow `(dag_id, run_id)` pairs until all have ended; returns each DAG's final state."""
        states: dict[str, str] = {}
        while len(states) < len(runs):
            for dag_id, run_id in runs:
                if dag_id in states:
                    continue
                state = self.api.state(dag_id, run_id)
                self._report(dag_id, run_id)
                if state in ("success", "failed"):
                    states[dag_id] = state
            time.sleep(pause)
        return states

    def await_new_run(self, dag_id: str, known: set[str], patience: float = 180) -> str:
        """Wait for a run of an asset-driven DAG that was not known before; returns its id.

        Raises:
            TimeoutError: none appeared.
        """
        end = time.monotonic() + patience
        while time.monotonic() < end:
            new = [r["dag_run_id"] for r in self.api.runs(dag_id) if r["dag_run_id"] not in known]
            if new:
                return str(new[0])
            time.sleep(0.3)
        raise TimeoutError(f"{dag_id} was not started by the published version within {patience:.0f} s")

    def red(self) -> list[dict[str, Any]]:
        """Tasks that failed by themselves (not those behind them), in the order they ended."""
        return [t for t in self.ended.values() if t["state"] == "failed"]

    def is_green(self) -> bool:
        """Whether no task at all is red, whatever its run's own state says."""
        return not any(t["state"] in RED for t in self.ended.values())

    def _report(self, dag_id: str, run_id: str) -> None:
        for task in self.api.tasks(dag_id, run_id):
            key = (dag_id, run_id, task["task_id"], task["map_index"])
            if task["state"] in ENDED and key not in self.ended:
                self.ended[key] = task
                self.say(_line(task))


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
