"""Hostile rows in every stream, night after night: each night is published, every row is in a count."""

import json
import threading
import time
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest

from include import sandbox
from include.channels import load_channels
from include.sandbox.hostile import MARK
from tests.night import FIRST, House

NIGHTS, ROWS = 20, 42
SYSTEMS = ("shop", "shop_events", "stores", "crm", "email")
STREAMS = [(c.name, s.name) for c in load_channels().values() for s in c.top_streams()]
WITHOUT_KEY = 8  # lines that are no records, at the end of a file of web events


def arm(house: House, is_over: threading.Event) -> None:
    """Let strangers write into each system, from before the first read."""
    waiting = list(SYSTEMS)
    while waiting and not is_over.is_set():
        try:
            sandbox.set_fault(house.settings, system=waiting[0], kind="hostile_rows", rows=ROWS, seconds=1e6)
            waiting.pop(0)
        except sandbox.SandboxError:
            time.sleep(0.05)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("hostile") / "var", people=300)
    process, is_over = house.start(FIRST, NIGHTS), threading.Event()
    armed = threading.Thread(target=arm, args=(house, is_over), daemon=True)
    armed.start()
    out, _ = process.communicate(timeout=4000)
    is_over.set()
    print(out)
    assert process.returncode == 0, out
    return house


def days() -> list[date]:
    first = date.fromisoformat(FIRST)
    return [first + timedelta(days=number) for number in range(NIGHTS)]


def test_every_night_is_published(nights: House) -> None:
    published = {path.name[:10] for path in (nights.var / "warehouse" / "results").iterdir()}
    audits = [json.loads(path.read_text()) for path in (nights.var / "warehouse").rglob("audit.json")]

    assert published == {str(day) for day in days()}
    assert len(audits) == NIGHTS and all(audit["has_passed"] for audit in audits)
    assert nights.version().startswith(str(days()[-1]))


def test_every_row_of_a_stranger_is_in_a_count(nights: House) -> None:
    found = sum(_strangers(nights, *stream, day) for stream in STREAMS for day in days())

    assert found == NIGHTS * ROWS * len(STREAMS) >= 10_000


def test_rows_in_are_loaded_or_doubled_or_refused(nights: House) -> None:
    manifests = [_manifest(path) for path in sorted((nights.var / "lake").rglob("data.parquet"))]

    assert len(manifests) == NIGHTS * (len(STREAMS) + 1)
    for manifest in manifests:
        parts = ("loaded", "duplicate", "quarantined")
        assert manifest["rows_in"] == sum(manifest[name] for name in parts), manifest["stream"]


def test_nothing_of_a_stranger_is_in_what_people_see(nights: House) -> None:
    seen = [path for path in (nights.var / "reports").rglob("*") if path.is_file()]
    seen += list((nights.var / "logs").rglob("*.log"))

    assert len(seen) > 100
    assert [str(path) for path in seen if b"evil.example" in path.read_bytes()] == []


def _strangers(house: House, channel: str, stream: str, day: date) -> int:
    key = load_channels()[channel].streams[stream].key[0]
    folders = [house.var / room / channel / stream / f"date={day}" for room in ("lake", "quarantine")]
    landed = pq.read_table(folders[0] / "data.parquet", partitioning=None)[key].to_pylist()
    count = sum(MARK in (value or "") for value in landed)
    if (folders[1] / "data.parquet").exists():
        raws = pq.read_table(folders[1] / "data.parquet", partitioning=None)["raw"].to_pylist()
        count += sum(MARK in raw or '"_line"' in raw for raw in raws)
    return count


def _manifest(path):
    return json.loads(pq.read_metadata(path).metadata[b"manifest"])
