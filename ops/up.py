"""`make up` and `make down`: the same services and sandbox as a night's, kept running, nights by schedule."""

import argparse
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from include import sandbox, settings
from include.channels import load_channels
from include.errors import OmniError
from include.ledger.exposures import load_syncs
from include.sandbox.parameters import read_world
from include.warehouse import versions
from include.warehouse.shapes import load_shapes
from ops import bring_up, interrupts, services
from ops.nightly import BUILD, DELIVERIES, REPORT, refuse_before_history

MOST_MISSED = 7


@dataclass(frozen=True)
class Plan:
    """From which night on nights are run by schedule (None: none is), and that in words."""

    first_night: date | None
    said: str


UNSCHEDULED = Plan(None, "no night by itself (SCHEDULES=off): trigger them in the UI, or with make nightly")


def main(arguments: list[str] | None = None) -> int:
    """Start or stop; 0 when all is healthy or stopped, 2 when a service did not come up."""
    asked = _parse(arguments)
    house = bring_up.sandbox_settings(settings.load_for_command().var)
    if asked.what == "down":
        return _down(house)
    interrupts.end_as_interrupted()
    if up := bring_up.running(house):
        print("Airflow is up already; to change how, first: make down")
        return _say_where(up, "")
    try:
        load_channels(), load_shapes(), load_syncs()  # a wrong declaration is named before anything starts
        today = datetime.now(house.zone).date()
        plan = plan_nights(house, today, asked.date) if asked.schedules == "on" else UNSCHEDULED
        return _up(house, plan, asked)
    except KeyboardInterrupt:
        print("interrupted: nothing is left running", file=sys.stderr)
        return 130
    except (services.ServiceFailed, OmniError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 2


def plan_nights(house: settings.Settings, today: date, asked: date | None) -> Plan:
    """From which night on to run. Unless asked: yesterday for a new company, the next for a known one.

    A company that was left for more than a week is not made to live through every night since.

    Raises:
        SandboxError: the date asked for lies before the company's history.
    """
    world = read_world(house)
    if asked and world:
        refuse_before_history(house, asked)
    if asked or world is None:
        return _from(asked or today - timedelta(days=1), today)
    published = [d + timedelta(days=1) for d in versions.dates(house)]
    following = max([world.date, *published])
    if (today - following).days <= MOST_MISSED:
        return _from(following, today)
    return Plan(
        today,
        f"the night of {today}, when it has ended. The company stands at {world.date} and lives through "
        f"the days since then in one go, one to two seconds each.\n"
        f"  Every night since instead: make down, then make up DATE={following}",
    )


def _from(first: date, today: date) -> Plan:
    missed = (today - first).days
    if missed <= 0:
        return Plan(first, f"the night of {first}, when it has ended")
    if missed == 1:
        return Plan(first, f"the night of {first} now, then one each midnight")
    last = today - timedelta(days=1)
    return Plan(first, f"the {missed} nights {first} to {last} now, in order, then one each midnight")


def _up(house: settings.Settings, plan: Plan, asked: argparse.Namespace) -> int:
    scheduled = bring_up.sandbox_settings(house.var, plan.first_night)
    choice = bring_up.WorldChoice(plan.first_night or asked.date, asked.people, asked.seed)
    up = bring_up.bring_up(scheduled, choice, asked.port)
    try:
        up.api().await_dags([*(f"ingest_{name}" for name in load_channels()), BUILD, *DELIVERIES, REPORT])
        return _say_where(up, plan.said)
    except BaseException:
        bring_up.take_down(house)
        raise


def _say_where(up: services.Services, plan: str) -> int:
    var = up.settings.var
    print(f"Airflow is up at {up.url}\n  user admin, password {up.password}")
    if plan:
        print(f"  runs {plan}")
    print(f"  logs of tasks {var}/logs/airflow, of services {var}/logs/services; reports {var}/reports")
    print("  stop it with: make down", flush=True)
    return 0


def _down(house: settings.Settings) -> int:
    was_up, company = services.running(house, patience=0), sandbox.status(house)
    bring_up.take_down(house)
    stopped = [f"Airflow at {was_up.url}"] if was_up else []
    stopped += ["the sandbox"] if company.is_running else []
    print(f"stopped {' and '.join(stopped)}" if stopped else "nothing was running")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--date", type=date.fromisoformat, help="the first night to run")
    parser.add_argument("--schedules", choices=["on", "off"], default="on")
    parser.add_argument("--people", type=int)
    parser.add_argument("--seed", type=int)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
