"""Landing a stream from its system: nights in a row, nights that go wrong, and contracts that break."""

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from include.errors import CheckFailed, FixDeclaration, FixSource, OmniError, RetryLater
from include.lake.causes import FEWEST
from include.lake.manifests import partitions, read_manifest
from include.lake.reasons import ColumnMissing, ColumnRetyped, EmptyFeed
from include.lake.replay import export, replay
from include.lake.runlog import alone, read_checks
from include.settings import Settings
from include.sources import http
from include.sources.land import land_stream
from tests.unit.lake.landing import DAY, files, landed_rows, refused_rows
from tests.unit.sources.api import Api
from tests.unit.sources.rows import contact, order

NEXT = date(2026, 3, 16)
AFTER = date(2026, 3, 17)
SECOND, THIRD = "2026-03-16T10:00:00+00:00", "2026-03-17T10:00:00+00:00"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.01)


def land(api: Api, settings: Settings, d: date = DAY, stream: str = "orders") -> list[dict[str, Any]]:
    channel = "shop" if stream == "orders" else "crm"
    return land_stream(channel, stream, d, api.connection(), settings)


def test_the_first_night_lands_all_history_and_each_next_one_its_own_day(
    api: Api, settings: Settings
) -> None:
    old = [order(n, at=f"2025-0{n + 1}-10T10:00:00+00:00") for n in range(8)]
    api.rows["orders"] = [*old, order(20), order(30, at=SECOND)]

    first, second = land(api, settings), land(api, settings, NEXT)

    assert [m["loaded"] for m in first] == [18, 9]
    assert [m["stream"] for m in first] == ["order_lines", "orders"]
    assert [m["loaded"] for m in second] == [2, 1]
    assert second[1]["cursor"] == {"from": "2026-03-16T00:00:00+00:00", "to": "2026-03-17T00:00:00+00:00"}


def test_a_second_run_of_a_night_leaves_the_same_bytes(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [*(order(n) for n in range(60)), order(3), order(61, status="?")]
    first = land(api, settings)
    found = files(settings)
    assert land(api, settings) == first
    assert files(settings) == found
    assert [(m["rows_in"], m["loaded"], m["duplicate"], m["quarantined"]) for m in first] == [
        (124, 122, 2, 0), (62, 60, 1, 1),
    ]  # fmt: skip


def test_equal_lines_of_one_order_land_both_numbered_by_their_place(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1, lines=3)]
    land(api, settings)
    lines = landed_rows(settings, "shop/order_lines")
    assert lines["line_number"].to_pylist() == [1, 2, 3]
    assert lines["order_id"].to_pylist() == ["o1"] * 3


def test_an_order_that_is_refused_does_not_take_its_lines_along(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [*(order(n) for n in range(40)), order(50, total_amount=None)]
    lines, orders = land(api, settings)
    assert (lines["loaded"], orders["loaded"], orders["quarantined"]) == (82, 40, 1)
    assert "lines" not in json.loads(refused_rows(settings, "shop/orders")[0]["raw"])


@pytest.mark.parametrize("odd", [None, "two", {"sku": "A"}])
def test_an_order_whose_lines_are_no_list_keeps_them_in_its_raw_form(
    api: Api, settings: Settings, odd: Any
) -> None:
    api.rows["orders"] = [*(order(n) for n in range(40)), {**order(50), "lines": odd}]
    lines, orders = land(api, settings)
    [refused] = refused_rows(settings, "shop/orders")
    assert (lines["loaded"], orders["quarantined"], refused["field"]) == (80, 1, "lines")
    assert json.loads(refused["raw"])["lines"] == odd
    assert orders["new_columns"] == []


def test_lines_that_are_no_objects_are_counted_and_kept(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [
        *(order(n) for n in range(40)),
        {**order(50), "lines": [5, None, order(1)["lines"][0]]},
    ]
    lines, _ = land(api, settings)
    assert (lines["rows_in"], lines["loaded"], lines["reasons"]) == (83, 81, {"not_json": 2})


def test_a_renamed_nested_field_stops_the_stream(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [
        {"order_lines" if k == "lines" else k: v for k, v in order(n).items()} for n in range(5)
    ]
    with pytest.raises(ColumnMissing, match=r"lines \(renamed to order_lines\?\)"):
        land(api, settings)
    assert files(settings) == {}


def test_a_source_that_fails_midway_leaves_no_partition_and_the_next_good_night_heals(
    api: Api, settings: Settings
) -> None:
    api.rows["orders"] = [order(1)]
    land(api, settings)
    before = files(settings)
    api.rows["orders"] += [order(2, at=SECOND), order(3, at=THIRD)]
    api.replies = [(500, {}, b"")] * 4
    with pytest.raises(RetryLater):
        land(api, settings, NEXT)
    assert files(settings) == before

    assert [m["loaded"] for m in land(api, settings, AFTER)] == [4, 2]
    assert partitions(settings, "shop", "orders") == [DAY, AFTER]


def test_an_empty_feed_stops_and_leaves_the_day_unlanded(api: Api, settings: Settings) -> None:
    api.rows["orders"] = []
    with pytest.raises(EmptyFeed):
        land(api, settings)
    assert read_manifest(settings, "shop", "orders", DAY) is None


def test_a_quiet_night_is_believed_as_long_as_the_source_still_shows_its_rows(
    api: Api, settings: Settings
) -> None:
    api.rows["contacts"] = []
    with pytest.raises(EmptyFeed):
        land(api, settings, stream="contacts")
    api.rows["contacts"] = [contact(1)]
    land(api, settings, stream="contacts")

    [quiet] = land(api, settings, NEXT, stream="contacts")
    api.rows["contacts"] = []
    with pytest.raises(EmptyFeed, match="stands still"):
        land(api, settings, AFTER, stream="contacts")

    assert (quiet["rows_in"], partitions(settings, "crm", "contacts")) == (0, [DAY, NEXT])


def test_quiet_that_lasts_too_long_is_a_feed_that_stands_still(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1)]
    land(api, settings)
    for day in range(16, 23):
        assert land(api, settings, date(2026, 3, day))[1]["loaded"] == 0
    with pytest.raises(EmptyFeed):
        land(api, settings, date(2026, 3, 23))


def test_a_feed_that_may_be_empty_lands_an_empty_day(api: Api, settings: Settings) -> None:
    api.rows["consents"] = []
    [manifest] = land(api, settings, stream="consents")
    assert (manifest["rows_in"], len(landed_rows(settings, "crm/consents"))) == (0, 0)


def test_a_rerun_that_finds_nothing_any_more_keeps_what_landed(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1)]
    first = land(api, settings)
    api.rows["orders"] = []
    assert land(api, settings) == first


def test_amounts_missing_from_a_third_of_the_rows_stop_the_stream_without_a_partition(
    api: Api, settings: Settings
) -> None:
    api.rows["orders"] = [order(n, total_amount=None if n % 3 == 0 else "5.00") for n in range(60)]
    with pytest.raises(CheckFailed, match=r"20 of 60 rows refused, .* missing_required total_amount"):
        land(api, settings)

    assert partitions(settings, "shop", "orders") == partitions(settings, "shop", "order_lines") == []
    assert len(refused_rows(settings, "shop/orders")) == 20
    failed = [check for check in read_checks(settings, DAY)["shop/orders"] if not check["passed"]]
    assert [(check["expectation"], check["failed"], check["checked"]) for check in failed] == [
        ("quarantined_rows_to_be_few", 20, 60)
    ]


def test_a_date_that_has_landed_keeps_its_quarantine_when_a_later_read_is_refused(
    api: Api, settings: Settings
) -> None:
    good = [order(n, status="?" if n == 7 else "paid") for n in range(60)]
    api.rows["orders"] = good
    first = land(api, settings)
    found = files(settings)
    api.rows["orders"] = [order(n, total_amount=None if n % 3 == 0 else "5.00") for n in range(60)]
    for _ in range(2):
        with pytest.raises(CheckFailed, match="They are not kept: the date has landed before"):
            land(api, settings)
        assert files(settings) == found
    api.rows["orders"] = good
    assert land(api, settings) == first and files(settings) == found


def test_a_failed_landing_leaves_nothing_lying_about(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(n, total_amount=None) for n in range(FEWEST)]
    with pytest.raises(CheckFailed):
        land(api, settings)
    assert not list((settings.var / "lake").rglob("*.parquet"))


def test_the_run_log_says_when_and_how_it_went(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1)]
    api.replies = [(401, {}, b"")]
    with pytest.raises(OmniError):
        land(api, settings)
    land(api, settings)
    log = (settings.var / "runlog/2026-03-15/shop.orders.jsonl").read_text().splitlines()
    failed, landed = (json.loads(line) for line in log)
    assert (failed["event"], failed["error"], landed["event"]) == ("failed", "FixConnection", "landed")
    assert landed["manifests"][1]["loaded"] == 1 and landed["at"] > failed["at"][:10]


def test_two_processes_do_not_land_one_stream_at_once(api: Api, settings: Settings) -> None:
    with alone(settings, "shop/orders"), pytest.raises(RetryLater, match="another process"):
        land(api, settings)


def test_a_nested_or_unknown_stream_is_not_landed_by_itself(api: Api, settings: Settings) -> None:
    with pytest.raises(FixDeclaration, match="lies in orders and lands with it"):
        land_stream("shop", "order_lines", DAY, api.connection(), settings)
    with pytest.raises(FixDeclaration, match="shop/nothing is not declared"):
        land_stream("shop", "nothing", DAY, api.connection(), settings)


OPTIONAL = ["email", "birth_date", "points"]
REQUIRED = ["contact_id", "created_at", "updated_at"]
OTHER_TYPE = {
    "points": "12 points", "birth_date": "15/03/1980", "created_at": "yesterday", "tier": 3,
    "updated_at": "2026-03-15 about ten",
}  # fmt: skip


def drop(row: dict[str, Any], column: str) -> None:
    del row[column]


def rename(row: dict[str, Any], column: str) -> None:
    row[f"{column}_2"] = row.pop(column)


def retype(row: dict[str, Any], column: str) -> None:
    row[column] = OTHER_TYPE.get(column, {"value": row[column]})


def empty(row: dict[str, Any], column: str) -> None:
    row[column] = None


EVERY_BEND = [(bend, column, share) for bend in (drop, rename, retype) for column in [*OPTIONAL, *REQUIRED]
              for share in (1, 5) if (bend, column) != (retype, "birth_date")]  # fmt: skip


def test_a_few_birthdays_that_are_none_are_set_aside_and_stop_nothing(api: Api, settings: Settings) -> None:
    rows = [contact(n, birth_date="1980-03-15" if n % 5 else "the fifteenth") for n in range(20)]
    api.rows["contacts"] = rows

    [manifest] = land(api, settings, stream="contacts")

    assert (manifest["rows_in"], manifest["loaded"], manifest["quarantined"]) == (20, 16, 4)
    [warning] = [check for check in read_checks(settings, DAY)["crm/contacts"] if not check["passed"]]
    assert (warning["severity"], warning["failed"]) == ("warning", 4)


@pytest.mark.parametrize(("bend", "column", "share"), EVERY_BEND)
def test_no_change_of_the_schema_lands_a_silent_null(
    api: Api, settings: Settings, bend: Any, column: str, share: int
) -> None:
    """`share`: every row or every fifth row is bent."""
    good = [contact(n, email=f"p{n}@example.com", tier="gold") for n in range(5 * FEWEST)]
    bent = deepcopy(good)
    for row in bent[::share]:
        bend(row, column)
    api.rows["contacts"] = bent

    with pytest.raises((ColumnMissing, ColumnRetyped, CheckFailed, FixSource), match=column):
        land(api, settings, stream="contacts")
    assert partitions(settings, "crm", "contacts") == []


@pytest.mark.parametrize("column", REQUIRED[:2])
def test_a_required_column_emptied_stops_the_stream(api: Api, settings: Settings, column: str) -> None:
    api.rows["contacts"] = [contact(n) for n in range(20)]
    for row in api.rows["contacts"]:
        empty(row, column)
    with pytest.raises(CheckFailed, match=f"missing_required {column}"):
        land(api, settings, stream="contacts")


def test_an_added_column_is_landed_and_reported(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n, pronouns="they") for n in range(20)]
    [manifest] = land(api, settings, stream="contacts")
    assert manifest["new_columns"] == ["pronouns"]
    assert landed_rows(settings, "crm/contacts")["_extra"].to_pylist() == ['{"pronouns":"they"}'] * 20


def test_a_source_that_ignores_the_interval_is_not_believed(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1)]
    land(api, settings)
    page = {"data": [order(n) for n in range(FEWEST)], "next_cursor": None, "total": FEWEST}
    api.replies = [(200, {}, json.dumps(page).encode())]
    with pytest.raises(CheckFailed, match="out_of_interval updated_at"):
        land(api, settings, NEXT)


# --- documents and their parts


def test_two_versions_of_an_order_in_one_read_keep_their_own_lines(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [order(1, lines=3), order(1, lines=1, at="2026-03-15T11:00:00+00:00")]
    land(api, settings)
    orders = landed_rows(settings, "shop/orders").to_pylist()
    lines = landed_rows(settings, "shop/order_lines").to_pylist()
    by_version = {row["_row_version"]: row["updated_at"].hour for row in orders}
    assert sorted((by_version[line["_row_version"]], line["line_number"]) for line in lines) == [
        (10, 1), (10, 2), (10, 3), (11, 1),
    ]  # fmt: skip


def test_an_order_repaired_in_quarantine_still_has_its_lines(api: Api, settings: Settings) -> None:
    api.rows["orders"] = [*(order(n) for n in range(40)), order(50, total_amount=None)]
    land(api, settings)
    [refused] = export(settings, "shop", "orders", DAY)
    replay(settings, "shop", "orders", DAY, [{**refused, "total_amount": "15.30"}])
    version = {
        row["order_id"]: row["_row_version"] for row in landed_rows(settings, "shop/orders").to_pylist()
    }
    lines = landed_rows(settings, "shop/order_lines").to_pylist()
    assert [line["_row_version"] for line in lines if line["order_id"] == "o50"] == [version["o50"]] * 2


def test_a_null_number_does_not_win_over_a_lines_place(api: Api, settings: Settings) -> None:
    lines = [
        {**line, "line_number": number} for line, number in zip(order(1)["lines"], (None, 7), strict=True)
    ]
    api.rows["orders"] = [{**order(1), "lines": lines}]
    land(api, settings)
    assert landed_rows(settings, "shop/order_lines")["line_number"].to_pylist() == [1, 7]


@pytest.mark.parametrize(
    ("numbers", "landed"),
    [((None, 1), [2, 1]), ((2, None), [2, 1]), ((None, None), [1, 2]), ((7, None), [7, 2])],
)
def test_lines_without_a_number_take_one_that_is_free(
    api: Api, settings: Settings, numbers: tuple[Any, Any], landed: list[int]
) -> None:
    lines = [{**line, "line_number": n} for line, n in zip(order(1)["lines"], numbers, strict=True)]
    api.rows["orders"] = [{**order(1), "lines": lines}]
    land(api, settings)
    assert landed_rows(settings, "shop/order_lines")["line_number"].to_pylist() == landed


@pytest.mark.parametrize("numbers", [(1, 1), ("1", "1"), (3, 3)])
def test_a_doubled_number_within_one_order_is_refused_and_counted(
    api: Api, settings: Settings, numbers: tuple[Any, Any]
) -> None:
    lines = [{**line, "line_number": n} for line, n in zip(order(1)["lines"], numbers, strict=True)]
    api.rows["orders"] = [*(order(n) for n in range(40)), {**order(50), "lines": lines}]
    found, _ = land(api, settings)
    assert found["duplicate"] == 0
    assert found["rows_in"] == found["loaded"] + found["quarantined"] == 82
    assert {row["field"] for row in refused_rows(settings, "shop/order_lines")} == {"line_number"}
