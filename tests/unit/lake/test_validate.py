"""Rows held against the contract: who is let in, who is refused, and what is said of it."""

import json
from typing import Any

import pytest

from include.lake.reasons import ColumnMissing, ColumnRetyped, EmptyFeed, Reason, Unreadable
from include.lake.validate import Item, Tally, Validated, micros, validate
from include.lake.verdict import check_shape
from include.settings import Settings
from include.sources.interval import interval
from tests.unit.lake.landing import DAY, stream
from tests.unit.sources.rows import contact, event

CONTACTS = stream("crm", "contacts")


def held(items: list[Item], **values: Any) -> tuple[Validated, Tally]:
    tally = Tally()
    return validate(stream("crm", "contacts", **values), items, tally), tally


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({"contact_id": None}, Reason.MISSING_REQUIRED, "contact_id"),
        ({"contact_id": "  "}, Reason.MISSING_REQUIRED, "contact_id"),
        ({"points": "many"}, Reason.BAD_TYPE, "points"),
        ({"updated_at": "2026-03-15T10:00:00"}, Reason.BAD_TYPE, "updated_at"),
        ({"tier": "platinum"}, Reason.NOT_ALLOWED, "tier"),
        ({"first_name": "a\ud800"}, Reason.BAD_TEXT, "first_name"),
        ({"street": "x" * 10_000_000}, Reason.TOO_LARGE, "street"),
        ({"new_field": ["x" * 2_000_000]}, Reason.TOO_LARGE, "_extra"),
        ({"email": "e\0@example.com"}, Reason.BAD_TEXT, "email"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_raw_form_and_the_others_go_on(
    values: dict[str, Any], reason: Reason, field: str
) -> None:
    bad = contact(2, **values)
    checked, _ = held([contact(1), bad, contact(3)])

    assert checked.accepted["contact_id"].to_pylist() == ["c1", "c3"]
    [refused] = checked.refused
    assert (refused.place, refused.refusal.reason, refused.refusal.field) == (1, reason, field)
    assert json.loads(refused.raw) == bad


def test_null_is_a_value_where_nothing_is_required() -> None:
    checked, _ = held([contact(1, tier=None, email=None, gender=None)])
    assert (len(checked.accepted), checked.refused) == (1, [])


def test_a_row_refused_twice_over_is_told_the_first_column() -> None:
    checked, _ = held([contact(1, points="x", contact_id=None)])
    assert [(r.refusal.reason, r.refusal.field) for r in checked.refused] == [
        (Reason.MISSING_REQUIRED, "contact_id")
    ]


def test_what_is_no_record_is_refused_whole() -> None:
    items: list[Any] = [contact(1), Unreadable(Reason.NOT_JSON, '{"half'), None, 5, ["x"]]
    checked, tally = held(items)
    assert [r.refusal.field for r in checked.refused] == [""] * 4
    assert json.loads(checked.refused[0].raw) == {"_line": '{"half'}
    assert (tally.rows, tally.readable, len(checked.accepted)) == (5, 1, 1)


def test_undeclared_fields_are_kept_and_reported() -> None:
    checked, tally = held([contact(1), contact(2, nickname="Anya", shoe_size=38)])
    assert checked.accepted["_extra"].to_pylist() == [None, '{"nickname":"Anya","shoe_size":38}']
    assert tally.undeclared == {"nickname", "shoe_size"}


def test_a_key_that_only_some_rows_lack_is_never_taken_for_null() -> None:
    lacking = contact(2)
    del lacking["phone"]
    checked, _ = held([contact(1), lacking])
    assert [(r.refusal.reason, r.refusal.field) for r in checked.refused] == [
        (Reason.MISSING_COLUMN, "phone")
    ]


def test_a_sparse_source_may_leave_out_what_is_null() -> None:
    lacking = event(2)
    del lacking["sku"], lacking["referrer"]
    checked = validate(stream("shop", "web_events", sparse=True), [event(1, sku="A"), lacking], Tally())
    assert checked.accepted["sku"].to_pylist() == ["A", None]


def test_rows_of_other_days_than_asked_for_are_refused() -> None:
    found = interval(Settings(), [DAY], DAY.replace(day=16))
    assert found.start is not None and found.span == (micros(found.start), micros(found.end))
    times = ["15T23:59:59.999999", "16T00:00:00", "16T23:59:59.999999", "17T00:00:00"]
    rows: list[Item] = [contact(1, at=f"2026-03-{time}+00:00") for time in times]
    checked = validate(CONTACTS, rows, Tally(), found.span)
    assert [r.place for r in checked.refused] == [0, 3]
    assert {r.refusal.reason for r in checked.refused} == {Reason.OUT_OF_INTERVAL}


def shape(items: list[Item], **values: Any) -> None:
    declared = stream("crm", "contacts", **values)
    tally = Tally()
    validate(declared, items, tally)
    check_shape(declared, tally, declared.may_be_empty, "crm_api contacts")


def test_an_empty_feed_is_an_error_unless_declared() -> None:
    with pytest.raises(EmptyFeed, match="crm/contacts: crm_api contacts answered without a single row"):
        shape([])
    shape([], may_be_empty=True)


def test_a_renamed_column_stops_the_stream_and_names_the_likely_new_one() -> None:
    rows: list[Item] = [contact(n, **{"loyaltyId": "L"}) for n in range(3)]
    for row in rows:
        del row["loyalty_id"]  # type: ignore[union-attr]
    with pytest.raises(ColumnMissing, match=r"column loyalty_id \(renamed to loyaltyId\?\)"):
        shape(rows)


def test_a_retyped_column_stops_the_stream() -> None:
    with pytest.raises(ColumnRetyped, match=r"points .* 10 of 11 values are no int64"):
        shape([contact(1), *(contact(n, points=f"{n} pts") for n in range(10)), contact(9, points=None)])


def test_a_few_odd_values_do_not_stop_a_stream() -> None:
    shape([contact(n, points="7") for n in range(9)])
