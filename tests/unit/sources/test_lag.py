"""What a cursor may miss, and what landed before: a night reads back over its lag and counts what is new."""

import json
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest

from include.channels.loader import FOLDER as CHANNELS
from include.channels.loader import load_channel
from include.errors import CheckFailed
from include.lake.causes import FEWEST
from include.lake.reasons import EmptyFeed
from include.settings import Settings
from tests.unit.lake.landing import DAY, files, landed_rows
from tests.unit.sources.api import Api
from tests.unit.sources.rows import order
from tests.unit.sources.test_land import AFTER, NEXT, SECOND, THIRD, _in_a_hurry, land  # noqa: F401 (a fixture)

# --- what a cursor may miss


def test_a_row_committed_after_the_nights_read_and_dated_before_it_lands_the_next_night(
    api: Api, settings: Settings
) -> None:
    evening = "2026-03-15T20:00:00+00:00"
    api.rows["orders"] = [order(1, at=evening), order(2, at=evening), order(9)]
    land(api, settings)
    late = [order(3, at="2026-03-15T23:59:59+00:00"), order(4, at="2026-03-15T18:00:00+00:00")]
    api.rows["orders"] += [*late, order(5, at=SECOND)]

    lines, orders = land(api, settings, NEXT)

    assert sorted(landed_rows(settings, "shop/orders", NEXT)["order_id"].to_pylist()) == ["o3", "o4", "o5"]
    assert (orders["rows_in"], orders["loaded"], orders["duplicate"]) == (3, 3, 0)
    assert orders["within_lag"] == {"again": 2, "late": 2, "timeless": 0}
    assert (lines["rows_in"], lines["loaded"], lines["within_lag"]["again"]) == (6, 6, 4)


def test_rows_read_again_within_the_lag_change_no_night_however_often_it_runs(
    api: Api, settings: Settings
) -> None:
    evening = "2026-03-15T20:00:00+00:00"
    api.rows["orders"] = [*(order(n, at=evening) for n in range(60)), order(61, at=evening, status="?")]
    land(api, settings)
    api.rows["orders"] += [order(70, at="2026-03-15T21:00:00+00:00"), order(71, at=SECOND)]
    second = land(api, settings, NEXT)
    found = files(settings)

    assert land(api, settings, NEXT) == second
    assert files(settings) == found
    assert [m["quarantined"] for m in second] == [0, 0]  # the refused row is the first night's
    api.rows["orders"].append(order(80, at=THIRD))
    assert [m["loaded"] for m in land(api, settings, AFTER)] == [2, 1]


def test_a_feed_that_shows_only_what_was_read_before_stands_still(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = load_channel(CHANNELS / "shop.yml")
    never_quiet = declared.streams["orders"].model_copy(update={"may_be_quiet": False})
    streams = {**declared.streams, "orders": never_quiet}
    monkeypatch.setattr(
        "include.sources.land.find_stream",
        lambda channel, stream: (declared.model_copy(update={"streams": streams}), never_quiet),
    )
    api.rows["orders"] = [order(1, at="2026-03-15T20:00:00+00:00")]
    land(api, settings)
    with pytest.raises(EmptyFeed):
        land(api, settings, NEXT)


# --- events from the future


def test_moments_after_the_arrival_are_counted_by_column(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1, ordered_at="2099-01-01T00:00:00Z"), order(2)]
    assert land(api, settings)[1]["future"] == {"ordered_at": 1}
    assert land(api, settings)[1]["future"] == {"ordered_at": 1}


def test_rows_without_a_cursor_are_refused_each_night_and_do_not_shut_the_gate_of_a_quiet_one(
    api: Api, settings: Settings
) -> None:
    timeless = [order(n, updated_at=None) for n in range(100, 103)]
    api.rows["orders"] = [order(n, at="2026-03-15T20:00:00+00:00") for n in range(70)]
    api.replies = [(200, {}, page([*api.rows["orders"], *timeless]))]
    assert land(api, settings)[1]["quarantined"] == 3
    api.replies = [(200, {}, page([order(80, at=SECOND), *timeless]))]
    assert [m["quarantined"] for m in land(api, settings, NEXT)] == [0, 3]
    worse = [*timeless, *(order(n, updated_at=None) for n in range(200, 200 + FEWEST))]
    api.replies = [(200, {}, page([order(90, at=THIRD), *worse]))]
    with pytest.raises(CheckFailed, match="missing_required updated_at"):
        land(api, settings, AFTER)


def page(rows: list[dict[str, Any]]) -> bytes:
    """A whole list on one page."""
    return json.dumps({"data": rows, "next_cursor": None, "total": len(rows)}).encode()


def test_a_date_that_landed_before_versions_were_kept_lands_again_as_it_is(
    api: Api, settings: Settings
) -> None:
    api.rows["orders"] = [order(1), order(2)]
    land(api, settings)
    for stream in ("orders", "order_lines"):
        _as_before_versions(settings, stream)
    api.rows["orders"].append(order(3))
    for _ in range(3):
        assert [m["loaded"] for m in land(api, settings)] == [6, 3]
    versions = landed_rows(settings, "shop/orders")["_row_version"].to_pylist()
    assert [version is None for version in versions] == [True, True, False]


def _as_before_versions(settings: Settings, stream: str) -> None:
    """Write a partition as it was landed by an earlier release."""
    path = settings.var / "lake" / "shop" / stream / f"date={DAY}" / "data.parquet"
    manifest = json.loads(pq.read_metadata(path).metadata[b"manifest"])
    for name in ("within_lag", "future"):
        del manifest[name]
    table = pq.read_table(path, partitioning=None).drop_columns(["_row_version"])
    pq.write_table(
        table.replace_schema_metadata({"manifest": json.dumps(manifest)}), path, write_page_checksum=True
    )


@pytest.mark.parametrize("odd", [{"status": None}, {"order_id": " "}, {}])
def test_rows_without_a_cursor_stay_counted_through_quiet_nights_whatever_else_they_lack(
    api: Api, settings: Settings, odd: dict[str, Any]
) -> None:
    timeless = [order(n, updated_at=None, **odd) | {"email": f"{n}@x.org"} for n in range(900, 908)]
    good = [order(n, at="2026-03-15T10:00:00+00:00") for n in range(200)]
    api.replies = [(200, {}, page([*good, *timeless]))]
    land(api, settings)
    for day in (NEXT, AFTER, date(2026, 3, 18)):
        api.rows["orders"] = good
        api.replies = [(200, {}, page(timeless))]
        lines, orders = land(api, settings, day)
        assert (orders["quarantined"], orders["loaded"], lines["loaded"]) == (8, 0, 0)


def test_bad_rows_of_last_evening_are_in_no_judgement_on_the_next_night(api: Api, settings: Settings) -> None:
    bad = [order(n, at="2026-03-15T20:00:00+00:00", total_amount="x") for n in range(400, 410)]
    api.rows["orders"] = [*(order(n) for n in range(300)), *bad]
    land(api, settings)
    api.rows["orders"] = [*bad, *(order(n, at=SECOND) for n in range(500, 503))]
    lines, orders = land(api, settings, NEXT)
    assert (orders["loaded"], orders["quarantined"], orders["within_lag"]["again"]) == (3, 0, 10)
    assert (lines["loaded"], lines["within_lag"]["again"]) == (6, 20)


def test_a_document_whose_lines_are_no_list_stays_refused_within_the_lag(
    api: Api, settings: Settings
) -> None:
    odd = {**order(50, at="2026-03-15T20:00:00+00:00"), "lines": None}
    api.rows["orders"] = [*(order(n) for n in range(40)), odd]
    land(api, settings)
    api.rows["orders"].append(order(60, at=SECOND))
    orders = land(api, settings, NEXT)[1]
    assert (orders["loaded"], orders["quarantined"], orders["within_lag"]["again"]) == (1, 0, 1)


def test_what_landed_before_versions_were_kept_does_not_land_again_within_the_lag(
    api: Api, settings: Settings
) -> None:
    evening = "2026-03-15T20:00:00+00:00"
    api.rows["orders"] = [*(order(n, at=evening) for n in range(30)), order(99, at=evening, status="?")]
    land(api, settings)
    for stream in ("orders", "order_lines"):
        _as_before_versions(settings, stream)
    api.rows["orders"].append(order(60, at=SECOND))
    lines, orders = land(api, settings, NEXT)
    assert (orders["loaded"], orders["quarantined"], orders["within_lag"]["late"]) == (1, 0, 0)
    assert lines["loaded"] == 2


def test_a_null_of_a_line_does_not_win_over_what_it_inherits(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [{**order(1), "lines": [{**order(1)["lines"][0], "order_id": None}]}]
    land(api, settings)
    assert landed_rows(settings, "shop/order_lines")["order_id"].to_pylist() == ["o1"]
