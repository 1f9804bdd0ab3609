"""A night with bad input: the right thing stops and nothing else, and the next good night heals."""

import threading
import time

import pytest

from include import sandbox
from tests.night import FIRST, NEXT, THIRD, House


def poisoned_night(house: House, day: str, **fault) -> tuple[int, str]:
    """A night during which the fault is on from before the first read."""
    process = house.start(day)
    armed = threading.Event()

    def arm() -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end and not armed.is_set():
            try:
                sandbox.set_fault(house.settings, **fault)
                armed.set()
            except sandbox.SandboxError:
                time.sleep(0.05)

    threading.Thread(target=arm, daemon=True).start()
    out, _ = process.communicate(timeout=900)
    print(out)
    assert armed.is_set()
    return process.returncode, out


REQUIRED = [
    ({"system": "stores", "kind": "missing_amounts", "share": 0.34}, "ingest_stores", "CheckFailed"),
    (
        {"system": "crm", "kind": "rename_column", "stream": "contacts", "column": "email", "to": "e_mail"},
        "ingest_crm",
        "FixSource",
    ),
    ({"system": "shop", "kind": "empty_feed", "stream": "orders"}, "ingest_shop", "FixSource"),
    ({"system": "shop", "kind": "http_500"}, "ingest_shop", "RetryLater"),
]


@pytest.mark.parametrize(
    ("fault", "dag", "error"), REQUIRED, ids=lambda v: v.get("kind") if isinstance(v, dict) else None
)
def test_a_poisoned_required_channel_stops_the_version_and_the_next_good_night_heals(
    fault, dag, error, undisturbed, copy_of
):
    house = copy_of(undisturbed)
    version, received = house.version(), house.receivers()
    code, out = poisoned_night(house, NEXT, **fault)
    assert code == 1
    assert dag in out.split("A person must act")[1]
    assert error in out or "must act" in out
    assert house.version() == version, "the published version moved on a poisoned night"
    assert house.receivers() == received, "something left on a poisoned night"
    others = {"shop", "stores", "crm", "email"} - {dag.removeprefix("ingest_")}
    for channel in others:
        assert any((house.var / "lake" / channel).rglob(f"date={NEXT}/data.parquet")), channel
    code, out = house.night(THIRD)
    assert code == 0, out
    assert house.version().startswith(THIRD)


def test_a_broken_optional_channel_is_stale_and_stops_nothing_else(undisturbed, copy_of):
    house = copy_of(undisturbed)
    code, out = poisoned_night(house, NEXT, system="email", kind="http_500")
    assert code == 1
    assert "ingest_email" in out.split("A person must act")[1]
    assert house.version().startswith(NEXT)
    assert [s["channel"] for s in house.summary(NEXT)["stale"]] == ["email"]
    assert house.summary(FIRST)["stale"] == []
