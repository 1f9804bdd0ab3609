"""`make nightly`: one or more whole nights through the real DAGs, from a fresh clone to a report."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx

from include import durable, sandbox, settings
from include.channels import load_channels
from include.clock import require_ended
from include.errors import OmniError
from include.ledger.exposures import load_syncs
from include.report import summary_table
from include.sandbox.parameters import read_world
from include.warehouse.shapes import load_shapes
from ops import bring_up, interrupts, services
from ops.follow import Follower, name, span
from ops.share import own_seconds

Say = Callable[[str], None]

BUILD = "build_customer360"
SENDING = "start_sending"
DELIVERIES = ("activate_audiences", "send_messages")
REPORT = "report_results"


def main(arguments: list[str] | None = None) -> int:
    """Run the nights asked for; 0 when every task of every night is green."""
    asked = _parse(arguments)
    house = bring_up.sandbox_settings(settings.load_for_command().var)
    choice = bring_up.WorldChoice(asked.date, asked.people, asked.seed, asked.orders)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    interrupts.end_as_interrupted()
    kept = bring_up.running(house)
    try:
        load_channels(), load_shapes(), load_syncs()  # a wrong declaration is named before anything starts
        if asked.date:
            require_ended(house, asked.date + timedelta(days=asked.nights - 1), datetime.now(UTC))
        if kept:
            bring_up.refuse_other_world(house, choice)
        say("starting the sandbox and Airflow's services" if not kept else f"using {kept.url}")
        up = kept or bring_up.bring_up(house, choice)
        say(f"services are healthy at {up.url}")
        first = asked.date or first_date(house)
        refuse_before_history(house, first)
        days = [first + timedelta(days=n) for n in range(asked.nights)]
        require_ended(house, days[-1], datetime.now(UTC))  # where no DATE was given, known only now
        return max([run_night(up, day, say) for day in days])
    except KeyboardInterrupt:
        say("interrupted: stopping what was started")
        return 130
    except httpx.HTTPError as error:
        print(f"Airflow stopped answering ({error}). {services.last_error(house)}", file=sys.stderr)
        return 2
    except (services.ServiceFailed, OmniError, TimeoutError) as error:
        print(f"The night could not run: {error}", file=sys.stderr)
        return 2
    finally:
        if not kept:
            bring_up.take_down(house)


def first_date(house: settings.Settings) -> date:
    """The day a sandbox begins with: the default business date."""
    world = read_world(house)
    if world is None:
        raise sandbox.SandboxError(f"no company stands in {house.sandbox}; start one with: make up")
    return world.parameters.first_date


def refuse_before_history(house: settings.Settings, day: date) -> None:
    """Nothing stands in the sandbox before its year of history.

    Raises:
        SandboxError: `day` lies before it.
    """
    begin = first_date(house) - timedelta(days=364)
    if day < begin:
        raise sandbox.SandboxError(f"DATE={day}: the company's history begins on {begin}")


def run_night(up: services.Services, day: date, say: Say) -> int:
    """Run one business date; 0 when all is green, 1 when a person must act."""
    house, api, conf = up.settings, up.api(), {"date": day.isoformat()}
    ingests = [f"ingest_{name}" for name in load_channels()]
    began = time.monotonic()
    say(f"— night of {day} —")
    api.await_dags([*ingests, BUILD, *DELIVERIES, REPORT])
    known = {dag: {r["dag_run_id"] for r in api.runs(dag)} for dag in (*DELIVERIES, REPORT)}
    follower = Follower(api, say, lambda: services.require_alive(house))
    follower.follow([(dag, api.run(dag, day, conf)) for dag in [*ingests, BUILD]])
    is_reported = False
    if follower.state_of(BUILD, SENDING) == "success":
        states = follower.follow([(dag, follower.await_new_run(dag, day, known[dag])) for dag in DELIVERIES])
        is_reported = api.is_scheduled(REPORT) and "failed" not in states.values()
    _write_stages(house, day, follower, time.monotonic() - began)
    report = follower.await_new_run(REPORT, day, known[REPORT]) if is_reported else api.run(REPORT, day, conf)
    follower.follow([(REPORT, report)])
    return _conclude(up, day, follower, say)


def _write_stages(house: settings.Settings, day: date, follower: Follower, total: float) -> None:
    """Seconds per stage, where the report looks for them."""
    stages: dict[str, float] = {}
    by_dag: dict[str, list[dict[str, object]]] = {}
    for task in [t for t in follower.ended.values() if t.get("start_date")]:
        by_dag.setdefault("ingest" if task["dag_id"].startswith("ingest_") else task["dag_id"], []).append(
            task
        )
    for dag, tasks in by_dag.items():
        stages[dag] = round(span(tasks), 1)
        if dag == BUILD:
            stages |= {str(t["task_id"]): round(span([t]), 1) for t in tasks}
    stages["total"] = round(total, 1)
    stages["airflow_itself"] = own_seconds(house.var / "logs" / "airflow", list(follower.ended.values()))[
        "airflow"
    ]
    path = house.reports / day.isoformat() / "stages.json"
    durable.write_text(path, json.dumps(stages, indent=2))


def _conclude(up: services.Services, day: date, follower: Follower, say: Say) -> int:
    folder = up.settings.reports / day.isoformat()
    if (folder / "summary.json").exists():
        print("\n" + summary_table(json.loads((folder / "summary.json").read_text())))
    if follower.state_of(BUILD, SENDING) == "skipped":
        say(f"{day} is published and not sent: a newer date is")
    if follower.is_green() and not follower.questions():
        say(f"night of {day} is done: {folder / 'index.html'}")
        return 0
    if follower.red():
        print(f"\nA person must act for {day}:", file=sys.stderr)
        for task in follower.red():
            print(f"  {task['dag_id']} · {name(task)}\n    {up.api().error(task)}", file=sys.stderr)
        print("Mend it and run the same command again: the date goes on where it stopped.", file=sys.stderr)
    if follower.questions():
        print(f"\nA person must answer for {day}; keep Airflow up for it with: make up", file=sys.stderr)
        for task in follower.questions():
            print(f"  {task['dag_id']} · {name(task)}", file=sys.stderr)
    return 1


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make nightly", description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat)
    parser.add_argument("--nights", type=_count, default=1)
    parser.add_argument("--people", type=_count)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--orders", type=lambda text: Path(text).resolve())
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
