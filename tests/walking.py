"""Walk a runbook as the person on call does: read the alert, find its row, act, see the run end green."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from ops.follow import ASKS, ENDED
from tests.breaking import Breakable
from tests.clearing import clearing, post_as_ui
from tests.kept import INGESTS
from tests.night import ROOT

BUILD = "build_customer360"


@dataclass
class Walk:
    """One fault from its alert to its end: a line of the table that is printed."""

    fault: str
    dag: str
    run: str
    task: str
    alert: str
    row: str
    began: float
    did: list[str] = field(default_factory=list)
    outcome: str = ""

    def end(self, outcome: str) -> None:
        """Note how it ended, once, and after how many seconds."""
        self.outcome = self.outcome or f"{outcome} after {time.monotonic() - self.began:.0f} s"

    def line(self) -> str:
        """As a row of the table."""
        cells = (self.dag, self.task, self.fault, self.alert, self.row, "; ".join(self.did), self.outcome)
        return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def page_row(dag: str, about: str) -> str:
    """The row of the DAG's runbook whose first cell holds `about`."""
    page = "ingest_channels" if dag.startswith("ingest_") else dag
    lines = (ROOT / "docs" / "runbooks" / f"{page}.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|") and about in line.split(" | ")[0]]
    assert rows, f"docs/runbooks/{page}.md has no row about {about}"
    return rows[0].strip("| ")


class Walked(Breakable):
    """An installation whose runs are started, found red, cleared and seen green; what was done is kept."""

    def __init__(self, folder: Path, people: int, root: Path = ROOT) -> None:
        super().__init__(folder, people, root)
        self.walks: list[Walk] = []
        self.cleared: Counter[str] = Counter()
        self._began = time.monotonic()

    def close(self) -> None:
        """Stop it, and print what was walked."""
        super().close()
        head = ("DAG", "task", "fault", "alert", "page", "done", "outcome")
        print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
        print("\n".join(walk.line() for walk in self.walks))
        print(f"cleared: {dict(self.cleared)}")

    def start(self, dag: str, by: str = "rest", run: str = "", **conf: Any) -> str:
        """Trigger a run by hand; its id. `by`: rest or cli."""
        self._began = time.monotonic()
        run = run or f"by_hand__{time.time_ns()}"
        if by == "cli":
            said = ["-c", json.dumps(conf)] if conf else []
            self.airflow("dags", "trigger", dag, "-r", run, *said)
        else:
            body = {"dag_run_id": run, "logical_date": None, "conf": conf}
            self.api()._call("POST", f"/dags/{dag}/dagRuns", json=body)
        return run

    def start_night(self, day: date) -> str:
        """Start a date as `make nightly` does, and return the id that its runs share."""
        for dag in (*INGESTS, BUILD):
            self.start(dag, run=str(day), date=str(day))
        return str(day)

    def red(self, dag: str, run: str, task: str, fault: str, row: str, says: tuple[str, ...]) -> Walk:
        """See a task fail: its alert says these words, and its page has the row."""
        alert = self.hook.read(f"{dag} · {task} needs a person")
        missing = [word for word in says if word not in alert["text"]]
        assert not missing, f"the alert does not say {missing}: {alert['text']}"
        name = task.partition(" [")[0]
        self.until(f"{dag} {run} rests", lambda: self.is_at_rest(dag, run))
        assert "failed" in self.states(dag, run, name), f"{task} is not red"
        for earlier in self.walks:
            if (earlier.dag, earlier.run) == (dag, run) and any("cleared" in what for what in earlier.did):
                earlier.end("went on to the next fault")
        text = f"{alert['what']} / To do: {alert['to_do']} / Held back: {alert['held_back']}"
        self.walks.append(Walk(fault, dag, run, task, text, page_row(dag, row), self._began))
        return self.walks[-1]

    def did(self, what: str) -> None:
        """Note what was done about every fault that is still open."""
        for walk in self.walks:
            if not walk.outcome and what not in walk.did:
                walk.did.append(what)

    def clear(self, dag: str, run: str, by: str, task: str = "", **also: bool) -> None:
        """Clear what failed of a run, or one task with what follows it, and let it run again.

        `by`: `rest` (the API with a token), `ui` (the calls of its two buttons, with a session's cookie) or
        `cli`, by which all that failed of the run: `airflow tasks clear` finds no run without a logical date.
        """
        self._began = time.monotonic()
        if by == "cli":
            self.airflow("dags", "clear", dag, "--run-id", run, "--only-failed", "--yes")
        else:
            path, body = clearing(dag, run, task, by, also)
            if by == "ui":
                self.cleared["ui: asked again after 500"] += post_as_ui(self.api(), path, body)
            else:
                self.api()._call("POST", path, json=body)
        self.cleared[f"{by}: {'task' if task and by != 'cli' else 'run'}"] += 1
        for walk in self.walks:
            if (walk.dag, walk.run) == (dag, run) and not walk.outcome:
                walk.did.append(f"cleared {task if task and by != 'cli' else 'the run'} ({by})")

    def green(self, dag: str, run: str) -> None:
        """See a run end well, with no task red."""
        state = self.until(f"{dag} {run} has ended", lambda: self.ended_as(dag, run))
        tasks = self.api().tasks(dag, run)
        errors = [self.api().error(task) for task in tasks if task["state"] == "failed"]
        assert (state, errors) == ("success", []), f"{dag} {run}: {errors}"
        for walk in self.walks:
            if (walk.dag, walk.run) == (dag, run):
                walk.end("green")

    def green_of(self, dag: str, day: date) -> str:
        """See the newest run of a date, started by what it follows, end well; its id."""
        run = self.until(f"{dag} has a run of {day}", lambda: self.api().run_of(dag, day))["dag_run_id"]
        self.green(dag, str(run))
        return str(run)

    def has_task(self, dag: str, task: str) -> bool:
        """Whether Airflow, as it has read the DAG's file by now, knows the task."""
        return task in {one["task_id"] for one in self.api()._call("GET", f"/dags/{dag}/tasks")["tasks"]}

    def assert_nothing_twice(self) -> None:
        """By the receivers' own logs: no message and no file arrived a second time."""
        mails = [one["message_id"] for one in self.house.received("smtp")]
        files = [one["path"] for one in self.house.received("sftp")]
        assert mails and len(mails) == len(set(mails))
        assert files and len(files) == len(set(files))

    def is_at_rest(self, dag: str, run: str) -> bool:
        """Whether a run has ended, or waits for a person alone.

        To clear a run earlier, while the scheduler passes a failure on to what follows, ends the scheduler:
        StaleDataError, for Airflow gives each cleared task a new id (apache/airflow#63926 shows the like).
        """
        unfinished = {one["state"] for one in self.api().tasks(dag, run)} - ENDED
        return bool(self.ended_as(dag, run)) or unfinished - {None} == {ASKS}

    def ended_as(self, dag: str, run: str) -> str:
        """The state of a run that has ended, else an empty string."""
        state = self.api().state(dag, run)
        return state if state in ("success", "failed") else ""

    def red_tasks(self, dag: str, run: str) -> set[str]:
        """Names of the tasks of a run that have failed by themselves."""
        return {str(one["task_id"]) for one in self.api().tasks(dag, run) if one["state"] == "failed"}

    def states(self, dag: str, run: str, task: str) -> list[str]:
        """The states of a task of a run, each of its mapped ones."""
        return [str(one["state"]) for one in self.api().tasks(dag, run) if one["task_id"] == task]

    def until(self, what: str, is_so: Callable[[], Any], patience: float = 300) -> Any:
        """Ask until it is so, however Airflow stumbles."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with contextlib.suppress(httpx.HTTPError):
                if found := is_so():
                    return found
            time.sleep(0.5)
        raise AssertionError(f"not within {patience:.0f} s: {what}; unread alerts: {self.hook.unread()}")
