"""How much of a night is Airflow's own: the seconds in which no task was doing any of our work.

A task's log tells when our part of it began and ended: between Airflow's groups `Pre Execute` and
`Post Execute`. What lies outside is scheduling, starting processes, parsing DAG files, writing states.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

Span = tuple[datetime, datetime]
WAITING = ("ChannelsLandedSensor", "DeliveriesEndedSensor")  # they only look on while others work


def own_seconds(logs: Path, tasks: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Seconds of a night (`total`) and those of them that are Airflow's own (`airflow`).

    Args:
        logs: Airflow's folder of task logs.
        tasks: the night's task instances as the API tells them.
    """
    ran = [task for task in tasks if task.get("start_date") and task.get("end_date")]
    if not ran:
        return {"total": 0.0, "airflow": 0.0}
    begin = min(_moment(task.get("queued_when") or task["start_date"]) for task in ran)
    end = max(_moment(task["end_date"]) for task in ran)
    total = (end - begin).total_seconds()
    spans = [span for task in ran if task.get("operator") not in WAITING for span in _spans(logs, task)]
    # an earlier run of the same night has left its tries in the same folder
    ours = _union(
        (max(start, begin), min(stop, end)) for start, stop in spans if start < end and stop > begin
    )
    return {"total": round(total, 1), "airflow": round(total - ours, 1)}


def _union(spans: Iterable[Span]) -> float:
    """Seconds covered by at least one span."""
    covered, reached = 0.0, None
    for begin, end in sorted(spans):
        start = begin if reached is None else max(begin, reached)
        covered += max((end - start).total_seconds(), 0.0)
        reached = end if reached is None else max(end, reached)
    return covered


def _spans(logs: Path, task: Mapping[str, Any]) -> Iterator[Span]:
    """When our part of each try of a task began and ended; a try that was killed has no end and none."""
    folder = logs / f"dag_id={task['dag_id']}" / f"run_id={task['dag_run_id']}" / f"task_id={task['task_id']}"
    if task["map_index"] >= 0:
        folder /= f"map_index={task['map_index']}"
    for log in sorted(folder.glob("attempt=*.log")):
        begin = end = None
        for line in log.read_text(errors="replace").splitlines():
            entry = json.loads(line)
            if entry.get("event") == "::endgroup::" and begin is None:
                begin = _moment(entry["timestamp"])
            elif begin and (entry.get("event") == "::group::Post Execute" or entry.get("error_detail")):
                end = _moment(entry["timestamp"])
        if begin and end:
            yield begin, end


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
