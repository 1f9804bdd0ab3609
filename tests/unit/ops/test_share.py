"""Airflow's own seconds are those in which no task did any of our work."""

import json

from ops.share import own_seconds


def at(second):
    return f"2026-03-16T00:00:{second:02}+00:00"


def task(logs, name, queued, start, ours, end, map_index=-1):
    folder = logs / "dag_id=d" / "run_id=r" / f"task_id={name}"
    if map_index >= 0:
        folder /= f"map_index={map_index}"
    folder.mkdir(parents=True, exist_ok=True)
    events = zip(
        ("::group::Pre Execute", "::endgroup::", "::group::Post Execute"), (start, *ours), strict=True
    )
    lines = [json.dumps({"event": event, "timestamp": at(second)}) for event, second in events]
    (folder / "attempt=1.log").write_text("\n".join(lines) + "\n")
    times = {"queued_when": at(queued), "start_date": at(start), "end_date": at(end)}
    return {"dag_id": "d", "dag_run_id": "r", "task_id": name, "map_index": map_index, **times}


def test_work_side_by_side_counts_once_and_what_lies_between_is_airflows(tmp_path):
    tasks = [
        task(tmp_path, "land", 0, 1, (3, 9), 10, map_index=0),
        task(tmp_path, "land", 0, 2, (4, 12), 13, map_index=1),
        task(tmp_path, "build", 13, 15, (16, 20), 22),
    ]
    assert own_seconds(tmp_path, tasks) == {"total": 22.0, "airflow": 22.0 - (12 - 3) - (20 - 16)}


def test_a_night_of_which_nothing_ran_has_no_seconds(tmp_path):
    assert own_seconds(tmp_path, [{"start_date": None}]) == {"total": 0.0, "airflow": 0.0}
