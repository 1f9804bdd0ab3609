"""Bring the sandbox and Airflow's services up together, and take them down again."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include import sandbox
from include.settings import Settings
from ops import services

DEFAULT_DATE = date(2026, 3, 15)
DEFAULT_PEOPLE = 2000
DEFAULT_SEED = 7


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


def known_world(settings: Settings) -> dict[str, str | int | None]:
    """Parameters of the world that `var` already holds; empty when there is none."""
    path = settings.sandbox / "world.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def first_day(settings: Settings, choice: WorldChoice) -> date:
    """First business date of the world: as it was, else the transactions' last day, else as asked."""
    known = known_world(settings).get("first_date")
    if known:
        return date.fromisoformat(str(known))
    if choice.orders:
        return last_order_day(choice.orders)
    return choice.day or DEFAULT_DATE


def last_order_day(orders: Path) -> date:
    """Last day with orders in a transaction file.

    Raises:
        FileNotFoundError: there is no such file.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not orders.exists():
        raise FileNotFoundError(f"ORDERS={orders}: there is no such file")
    latest = pc.max(pq.read_table(orders, columns=["invoiced_at"])["invoiced_at"]).as_py()
    return date(latest.year, latest.month, latest.day)


def bring_up(settings: Settings, choice: WorldChoice, port: int = 0) -> services.Services:
    """Start sandbox and services; on any failure or interrupt nothing is left running."""
    known = known_world(settings)
    orders = choice.orders or (Path(str(known["orders"])) if known.get("orders") else None)
    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
            migrated = pool.submit(services.migrate, settings)
            world = pool.submit(
                sandbox.start,
                settings,
                people=int(choice.people or known.get("people") or DEFAULT_PEOPLE),
                seed=int(choice.seed if choice.seed is not None else known.get("seed") or DEFAULT_SEED),
                first_date=first_day(settings, choice),
                orders=orders,
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
