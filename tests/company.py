"""A small sandbox company with its systems running, for tests of any room."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from include import sandbox
from include.connections import Connection
from include.settings import Settings

FIRST = date(2026, 3, 15)


@dataclass(frozen=True)
class Company:
    """A running company: settings of its installation, and connections by id."""

    settings: Settings
    connections: dict[str, Connection]

    def received(self, system: str) -> list[dict[str, Any]]:
        """What `smtp` or `sftp` accepted, by its own log."""
        path = self.settings.sandbox / "received" / f"{system}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def run_company(var: Path, people: int = 150, seed: int = 5) -> Iterator[Company]:
    """Start a company in `var` on its first day; stop it at the end."""
    settings = Settings(var=var, clock="sandbox")
    sandbox.start(settings, people=people, seed=seed, first_date=FIRST)
    try:
        told = json.loads((settings.sandbox / "connections.json").read_text())
        yield Company(settings, {name: Connection(conn_id=name, **values) for name, values in told.items()})
    finally:
        sandbox.stop(settings)
