"""Which world stands in `var/sandbox`, and how far its days have gone: `world.json`."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from include.errors import OmniError
from include.settings import Settings

FIRST_DATE = date(2026, 3, 15)
PEOPLE = 2000
SEED = 7


class SandboxError(OmniError):
    """The sandbox could not do what was asked; the message says what to do."""


@dataclass(frozen=True)
class Parameters:
    """What makes a world. `orders` is a transaction file replayed as the shop's history."""

    people: int
    seed: int
    first_date: date
    orders: str | None = None
    time_zone: str = "Europe/London"
    currency: str = "GBP"

    def differences(self, other: "Parameters") -> list[str]:
        """Names of what differs; with a transaction file the number of people does not count."""
        names = ["seed", "first_date", "orders", "time_zone", "currency"]
        names += [] if self.orders else ["people"]
        return [name for name in names if getattr(self, name) != getattr(other, name)]


@dataclass(frozen=True)
class World:
    """A world and its present day."""

    parameters: Parameters
    date: date


def read_world(settings: Settings) -> World | None:
    """The world that stands in `var/sandbox`, or None."""
    path = settings.sandbox / "world.json"
    if not path.exists():
        return None
    values = json.loads(path.read_text())
    today = date.fromisoformat(values.pop("date"))
    first = date.fromisoformat(values.pop("first_date"))
    return World(Parameters(first_date=first, **values), today)


def write_world(settings: Settings, world: World) -> None:
    """Keep the world's parameters and present day, whole or not at all."""
    path = settings.sandbox / "world.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = dict(world.parameters.__dict__)
    values |= {"first_date": world.parameters.first_date.isoformat(), "date": world.date.isoformat()}
    partial = path.with_name(".world.json")
    partial.write_text(json.dumps(values, indent=2) + "\n")
    partial.replace(path)


def settle_world(settings: Settings, asked: dict[str, Any]) -> World:
    """The world to run: the one that stands there, or a new one as `asked` (None: as it was, or the default).

    Raises:
        SandboxError: another world stands there already, or the transaction file is missing or wrong.
    """
    standing = read_world(settings)
    given = {name: value for name, value in asked.items() if value is not None}
    if "orders" in given:
        given["orders"] = str(Path(given["orders"]).resolve())
    if standing is not None:
        wanted = replace(standing.parameters, **given)
        different = wanted.differences(standing.parameters)
        if different:
            raise SandboxError(_conflict(settings, different, standing.parameters, wanted))
        return standing
    last, asked_first = _last_order_day(given.get("orders")), given.pop("first_date", None)
    if last and asked_first and last != asked_first:
        raise SandboxError(
            f"with {given['orders']} the first date is its last day, {last}, not {asked_first}"
        )
    first = last or asked_first or FIRST_DATE
    company = {"time_zone": settings.time_zone, "currency": settings.currency}
    parameters = Parameters(**{"people": PEOPLE, "seed": SEED} | given | company, first_date=first)
    return World(parameters, first)


def _conflict(settings: Settings, names: list[str], standing: Parameters, wanted: Parameters) -> str:
    said = ", ".join(f"{name} {getattr(standing, name)} (asked: {getattr(wanted, name)})" for name in names)
    return (
        f"another company stands in {settings.sandbox}: {said}. "
        f"Ask for the same one, delete {settings.var} to start afresh, or set OMNI_VAR to another folder."
    )


def _last_order_day(orders: str | None) -> date | None:
    """Last day of a transaction file."""
    if orders is None:
        return None
    from include.sandbox.world import first_date_of

    if not Path(orders).exists():
        raise SandboxError(f"ORDERS={orders}: there is no such file")
    try:
        return first_date_of(Path(orders))
    except (ValueError, OSError) as error:
        raise SandboxError(f"ORDERS: {error}") from error
