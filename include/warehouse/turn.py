"""Whose turn it is to build: one run at a time writes the candidate, from opening it to publishing.

Airflow runs one scheduled or triggered build at a time, but a backfill has a limit of its own: without a
turn, two runs would build on one candidate. Asked in the pool `warehouse` alone, which has one slot.
"""

from collections.abc import Callable
from pathlib import Path

from include import durable
from include.settings import Settings


def take_turn(settings: Settings, run_id: str, is_under_way: Callable[[str], bool]) -> bool:
    """Take the turn for a run, unless another one that is still under way has it.

    `is_under_way` says whether a run has tasks at work now. One that only waits to run is not: it may
    wait for the one that asks.
    """
    path = _file(settings)
    holder = path.read_text() if path.exists() else run_id
    if holder != run_id and is_under_way(holder):
        return False
    settings.warehouse.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable.write_text(path, run_id, "build_turn")
    return True


def end_turn(settings: Settings, run_id: str) -> None:
    """Give the turn back, if this run has it: its version is published."""
    path = _file(settings)
    if path.exists() and path.read_text() == run_id:
        path.unlink()


def _file(settings: Settings) -> Path:
    return settings.warehouse / "turn"
