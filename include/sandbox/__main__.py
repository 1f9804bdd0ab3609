"""`python -m include.sandbox start|stop|status|advance`."""

import argparse
import signal
import sys
from datetime import date
from pathlib import Path

from include import sandbox, settings


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when the sandbox asked for is not up, 2 when a person must act."""
    asked = _parser().parse_args(arguments)
    house = settings.load_for_command()
    if asked.command == "serve":
        from include.sandbox.supervisor import run

        run(house)
        return 0
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # an ended start cleans up as an interrupted one
    try:
        return _do(asked, house)
    except sandbox.SandboxError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _do(asked: argparse.Namespace, house: settings.Settings) -> int:
    if asked.command == "start":
        sandbox.start(house, asked.people, asked.seed, asked.first_date, asked.orders)
    elif asked.command == "stop":
        sandbox.stop(house)
    elif asked.command == "advance":
        print(f"the company stands at the end of {sandbox.advance(house, asked.date)}")
    now = sandbox.status(house)
    word = "healthy" if now.is_healthy else "running, not healthy" if now.is_running else "not running"
    print(f"sandbox: {word}; day {now.date or 'none yet'}; {house.sandbox}")
    return 0 if now.is_healthy or asked.command == "stop" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="bring all systems up")
    start.add_argument("--people", type=int, help="size of the population (2000)")
    start.add_argument("--seed", type=int, help="which population of that size (7)")
    start.add_argument("--first-date", type=date.fromisoformat, help="first business date (2026-03-15)")
    start.add_argument("--orders", type=Path, help="transaction file replayed as the web shop's history")
    commands.add_parser("stop", help="stop them")
    commands.add_parser("status", help="say how they are")
    advance = commands.add_parser("advance", help="let days pass")
    advance.add_argument("--date", type=date.fromisoformat, required=True)
    serve = commands.add_parser("serve", help="the server process itself; `start` runs it")
    serve.add_argument("folder", help="says whose server it is; settings come from the environment")
    return parser


if __name__ == "__main__":
    sys.exit(main())
