"""kill -9 before and after each write, rename and commit: in the end an undisturbed run's files are there."""

from pathlib import Path

import pytest

from include.lake.points import POINTS
from include.settings import Settings
from tests.fixtures.mortal import KILLED, run
from tests.unit.lake.killing import land_orders, land_orders_on_a_full_disk
from tests.unit.lake.landing import DAY, files, footer, refused_rows
from tests.unit.sources.api import Api
from tests.unit.sources.rows import order

OF_THE_PARENT = [
    "before_quarantine.orders",
    "after_quarantine.orders",
    "before_data.orders",
    "after_data.orders",
]


def feed() -> list[dict[str, object]]:
    """A day's orders, doubled and broken ones among them; and some of the next day, not to be landed."""
    first = [order(n, lines=3) for n in range(40)]
    first[3]["lines"][1]["quantity"] = "six"  # type: ignore[index]
    first[5]["total_amount"] = None
    later = [order(n, at="2026-03-16T09:00:00+00:00") for n in (50, 51, 52)]
    return [*first, order(7, lines=3), *later]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files that a quiet run of both days leaves."""
    from tests.unit.sources.api import running

    var = tmp_path_factory.mktemp("quiet")
    with running() as api:
        api.rows["orders"] = feed()
        assert run(land_orders, var, api.port, DAY, "") == 0
    found = files(Settings(var=var))
    assert len(found) == 4
    return found


@pytest.mark.parametrize("where", [*POINTS, *OF_THE_PARENT])
def test_a_landing_killed_twice_is_finished_by_doing_it_again(
    where: str, api: Api, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    api.rows["orders"] = feed()

    codes = [run(land_orders, tmp_path, api.port, DAY, f"landing.{where}") for _ in range(3)]

    assert codes == [KILLED, KILLED, 0]
    assert files(Settings(var=tmp_path)) == undisturbed
    assert not [f for f in (tmp_path / "lake").rglob("*.parquet") if "_tmp" in f.parts]


@pytest.mark.parametrize("where", ["in_stage", "quarantine_renamed", "data_renamed", "after_commit"])
def test_a_rerun_killed_over_a_landed_day_shrinks_nothing(where: str, api: Api, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    api.rows["orders"] = [order(n) for n in range(30)]
    assert run(land_orders, tmp_path, api.port, DAY, "") == 0
    api.rows["orders"] = [order(n) for n in range(20, 60)] + [order(70, status="lost")]

    assert [run(land_orders, tmp_path, api.port, DAY, f"landing.{where}") for _ in range(3)][-1] == 0

    manifest = footer(settings.var / "lake/shop/orders" / f"date={DAY}" / "data.parquet")
    assert (manifest["loaded"], manifest["quarantined"], manifest["rows_in"]) == (60, 1, 61)
    assert len(refused_rows(settings, "shop/orders")) == 1


@pytest.mark.parametrize("size", [100, 1500, 3500])
def test_a_full_disk_fails_cleanly_and_the_next_run_heals(
    size: int, api: Api, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    api.rows["orders"] = feed()

    assert run(land_orders_on_a_full_disk, tmp_path, api.port, DAY, size) == 1
    assert files(Settings(var=tmp_path)) == {}
    assert run(land_orders, tmp_path, api.port, DAY, "") == 0
    assert files(Settings(var=tmp_path)) == undisturbed
