"""Limits of single values: a value that breaks one is set aside with its row, and no more."""

from decimal import Decimal
from typing import Any

import pytest

from include.channels import Column, load_channels
from include.channels.model import LENGTHS
from include.errors import FixDeclaration
from include.lake.limits import broken_limits
from include.lake.reasons import Reason
from include.lake.validate import Tally, validate
from include.settings import Settings
from tests.unit.lake.landing import land, refused_rows, stream
from tests.unit.sources.rows import contact, order

COLUMNS = [
    c for channel in load_channels().values() for s in channel.streams.values() for c in s.columns.values()
]


def reason_of(column: Column, value: Any) -> Reason | None:
    from include.lake.convert import convert

    array, failures = convert([value], column)
    assert failures == {}
    return next((reason for reason, places in broken_limits(column, array) if places), None)


@pytest.mark.parametrize("pii", sorted(LENGTHS))
def test_every_kind_of_text_has_a_greatest_length(pii: Any) -> None:
    column = Column(type="string", pii=pii)
    assert reason_of(column, "y" * LENGTHS[pii]) is None
    assert reason_of(column, "y" * (LENGTHS[pii] + 1)) is Reason.TOO_LARGE


def test_a_length_is_counted_in_characters_and_may_be_declared() -> None:
    column = Column(type="string", max_length=3)
    assert reason_of(column, "日本語") is None
    assert reason_of(column, "日本語x") is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("decimal", "1000000", None),
        ("decimal", "-1000000", None),
        ("decimal", "1000000.0001", Reason.OUT_OF_RANGE),
        ("decimal", "-1000001", Reason.OUT_OF_RANGE),
        ("decimal", "1000000000000", Reason.OUT_OF_RANGE),
        ("int64", 1_000_000, None),
        ("int64", 1_000_001, Reason.OUT_OF_RANGE),
        ("int64", None, None),
    ],
)
def test_a_number_lies_within_what_is_declared(type_: Any, value: Any, reason: Reason | None) -> None:
    column = Column(type=type_, minimum=Decimal(-1_000_000), maximum=Decimal(1_000_000))
    assert reason_of(column, value) is reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [("GBP", None), ("eur", None), ("EURO", Reason.BAD_FORMAT), ("E\nR", Reason.BAD_FORMAT)],
)
def test_a_text_fits_its_pattern_as_a_whole(value: str, reason: Reason | None) -> None:
    assert reason_of(Column(type="string", pattern="[A-Za-z]{3}"), value) is reason
    assert reason_of(Column(type="string", pattern="GBP|eur"), value) is reason


def test_a_pattern_that_the_engine_does_not_know_is_the_declarations_fault() -> None:
    with pytest.raises(FixDeclaration, match="column code: its pattern is no RE2 pattern"):
        reason_of(Column(name="code", type="string", pattern="(?=a)a"), "a")


def test_every_declared_pattern_can_be_used() -> None:
    patterns = [column for column in COLUMNS if column.pattern]
    assert patterns
    assert all(reason_of(column, "abc") in (None, Reason.BAD_FORMAT) for column in patterns)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"total_amount": "1000000000000"}, "out_of_range"),
        ({"currency": "EURO"}, "bad_format"),
        ({"email": f"{'a' * 320}@x.example"}, "too_large"),
    ],
)
def test_one_odd_order_among_thousands_is_refused_and_the_others_land(
    settings: Settings, odd: dict[str, Any], reason: str
) -> None:
    rows = [order(n, **(odd if n == 7 else {})) for n in range(2001)]
    for row in rows:
        del row["lines"]
    manifest = land(settings, stream("shop", "orders", has_versions=False), rows)
    assert (manifest["loaded"], manifest["reasons"]) == (2000, {reason: 1})
    [refused] = refused_rows(settings, "shop/orders")
    assert (refused["_row"], refused["reason"], refused["field"]) == (8, reason, next(iter(odd)))


def test_a_million_bad_values_cost_no_more_calls_than_one() -> None:
    rows = [contact(n, first_name="y" * 201) for n in range(1000)]
    refused = validate(stream("crm", "contacts"), rows, Tally()).refused
    assert len(refused) == 1000 and {r.refusal.reason for r in refused} == {Reason.TOO_LARGE}


@pytest.mark.parametrize("label", [("shop", "order_lines"), ("stores", "receipt_lines")])
def test_a_lines_number_fits_the_integer_of_the_marts(label: tuple[str, str]) -> None:
    column = stream(*label).columns["line_number"]
    assert reason_of(column, 1_000_000) is None
    assert reason_of(column, 2**31) is Reason.OUT_OF_RANGE
