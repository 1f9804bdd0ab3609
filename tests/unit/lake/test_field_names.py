"""Undeclared fields are shown by name where it looks like one, and counted where it could be anybody's."""

import pytest

from include.lake.field_names import KEPT, SHOWN, keep, shown
from include.lake.reasons import ColumnMissing
from include.settings import Settings
from tests.unit.lake.landing import land, stream
from tests.unit.lake.test_validate import shape
from tests.unit.sources.rows import contact

EVIL = ["mallory@evil.example", "+447700900321", "a447700900321", "", " ", "n" * 100, "two words", "1st"]
CONTACTS = stream("crm", "contacts")


def test_what_looks_like_a_name_is_shown_in_order() -> None:
    assert shown({"nickname", "shoe_size", "x-utm.source", "имя"}) == [
        "nickname",
        "shoe_size",
        "x-utm.source",
        "имя",
    ]


def test_what_does_not_is_counted() -> None:
    assert shown({"nickname", *EVIL}) == ["nickname", f"{len(EVIL)} more"]


def test_a_field_named_as_a_count_that_no_number_holds_stops_nothing() -> None:
    assert shown({"nickname", "9" * 5000 + " more"}) == ["nickname", "1 more"]


def test_only_so_many_are_shown_or_held() -> None:
    names = {f"field_{n}" for n in range(50)}
    assert shown(names) == [*sorted(names)[:SHOWN], f"{50 - SHOWN} more"]
    known: set[str] = set()
    keep(known, [str(n) for n in range(3 * KEPT)])
    keep(known, ["one_more"])
    assert len(known) == KEPT


def test_a_second_reading_of_the_same_rows_says_the_same() -> None:
    first = shown({"nickname", *EVIL})
    assert shown({"nickname", *EVIL}.union(first)) == first
    assert shown(first) == first


def test_manifest_and_errors_show_no_address_that_is_a_fields_name(settings: Settings) -> None:
    rows = [contact(n, **{EVIL[0]: "x", "nickname": "y"}) for n in range(3)]
    assert land(settings, CONTACTS, rows)["new_columns"] == ["nickname", "1 more"]
    for row in rows:
        del row["email"]
    with pytest.raises(ColumnMissing) as caught:
        shape(rows)
    assert "evil" not in str(caught.value) and "nickname, 1 more" in str(caught.value)
