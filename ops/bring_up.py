"""Bring the sandbox and Airflow's services up together, and take them down again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include import sandbox
from include.sandbox.parameters import read_world
from include.settings import Settings
from ops import services


@dataclass(frozen=True)
class WorldChoice:
    """Which made-up company to run against; what is None is as it was, or the default."""

    day: date | None = None
    people: int | None = None
    seed: int | None = None
    orders: Path | None = None


def sandbox_settings(var: Path) -> Settings:
    """Settings of a local run: the sandbox's clock, schedules off, quick retries."""
    return Settings(var=var, clock="sandbox", schedules=False, retry_seconds=5)


def bring_up(settings: Settings, choice: WorldChoice, port: int = 0) -> services.Services:
    """Start sandbox and services; on any failure or interrupt nothing is left running."""
    is_new = read_world(settings) is None
    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
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
        take_down(settings)
        raise


def take_down(settings: Settings) -> None:
    """Stop what `bring_up` started."""
    services.stop(settings)
    sandbox.stop(settings)
