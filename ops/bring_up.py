"""Bring the sandbox and Airflow's services up together, and take them down again."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include import sandbox
from include.private import make_private
from include.sandbox.parameters import read_world, settle_world
from include.settings import Settings
from ops import services
from ops.interrupts import patience

QUICK_RETRY = 5


@dataclass(frozen=True)
class WorldChoice:
    """Which made-up company to run against; what is None is as it was, or the default."""

    day: date | None = None
    people: int | None = None
    seed: int | None = None
    orders: Path | None = None


def sandbox_settings(var: Path, first_night: date | None = None) -> Settings:
    """Settings of a local run: the sandbox's clock, quick retries, nights from the first on, if any."""
    schedules, retry = first_night is not None, int(os.environ.get("OMNI_RETRY_SECONDS") or QUICK_RETRY)
    return Settings(
        var=var, clock="sandbox", schedules=schedules, first_night=first_night, retry_seconds=retry
    )


def refuse_other_world(settings: Settings, choice: WorldChoice) -> None:
    """See that the company that runs already is the one asked for.

    Raises:
        SandboxError: it is another one.
    """
    settle_world(settings, {"people": choice.people, "seed": choice.seed, "orders": choice.orders})


def running(settings: Settings) -> services.Services | None:
    """Airflow's services that were left up, if all of them and the sandbox behind them still answer.

    Where one has ended, the rest is of no use: `bring_up` ends it and starts all again.
    """
    up = services.running(settings)
    return up if up and sandbox.status(settings).is_healthy else None


def bring_up(settings: Settings, choice: WorldChoice, port: int = 0) -> services.Services:
    """Start sandbox and services; on any failure or interrupt nothing is left running.

    What an earlier release left open to other users of the machine is taken from them first.
    """
    make_private(settings.var)
    is_new = read_world(settings) is None
    pool = ThreadPoolExecutor(max_workers=2)
    try:
        migrated = pool.submit(services.migrate, settings)
        world = pool.submit(
            sandbox.start,
            settings,
            people=choice.people,
            seed=choice.seed,
            first_date=choice.day if is_new and not choice.orders else None,
            orders=choice.orders,
        )
        migrated.result()
        world.result()
        return services.start(settings, port)
    except BaseException:
        with patience():
            sandbox.stop(settings)  # its starter sees that and ends
            pool.shutdown(cancel_futures=True)
            take_down(settings)
        raise
    finally:
        pool.shutdown()


def take_down(settings: Settings) -> None:
    """Stop what `bring_up` started. Impatience does not leave half of it running."""
    with patience():
        services.stop(settings)
        sandbox.stop(settings)
