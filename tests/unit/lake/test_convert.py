"""One column into Arrow: the whole column and each value alone are judged by the same rule."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.channels import Column
from include.lake.clean import BLANKS, is_blank
from include.lake.convert import MAX_TEXT, convert
from include.lake.reasons import Reason

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5), st.decimals(allow_nan=True),
    st.floats(), st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=2), st.integers()),
    st.decimals(-9999, 9999, places=2).map(str), st.dates().map(str), st.integers().map(str),
    st.datetimes().map(lambda d: d.isoformat() + "Z"), st.sampled_from(["a\0", "x\ud800", "", "infinity"]),
)  # fmt: skip
MANY = settings(max_examples=50, deadline=None, derandomize=True, database=None)
TYPES = ["string", "int64", "decimal", "timestamp", "date", "bool", "json"]


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("type_", TYPES)
@MANY
@given(values=st.lists(ANYTHING, min_size=1, max_size=20))
def test_a_value_is_read_alike_alone_and_among_others(type_: str, text: bool, values: list[Any]) -> None:
    column = Column(type=type_)  # type: ignore[arg-type]
    array, failures = convert(values, column, text)
    alone = [convert([value], column, text) for value in values]

    assert array.to_pylist() == [one.to_pylist()[0] for one, _ in alone]
    assert failures == {place: bad[0] for place, (_, bad) in enumerate(alone) if bad}


@pytest.mark.parametrize("type_", TYPES)
@MANY
@given(values=st.lists(ANYTHING, max_size=20))
def test_no_value_becomes_null_without_a_reason(type_: str, values: list[Any]) -> None:
    array, failures = convert(values, Column(type=type_))  # type: ignore[arg-type]
    nulls = {place for place, value in enumerate(array.to_pylist()) if value is None}
    blank = {place for place, value in enumerate(values) if value is None or is_blank(value)}
    assert nulls == set(failures) | blank


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("decimal", "2.55", Decimal("2.5500")),
        ("decimal", Decimal("2.5500000"), Decimal("2.5500")),
        ("decimal", -11062.06, Decimal("-11062.0600")),
        ("timestamp", "2026-03-15T10:00:00.123456+01:00", datetime(2026, 3, 15, 9, 0, 0, 123456, UTC)),
        ("timestamp", "2026-03-15 10:00:00+00", datetime(2026, 3, 15, 10, tzinfo=UTC)),
        ("timestamp", "2026-04-05T01:45:00+10:30", datetime(2026, 4, 4, 15, 15, tzinfo=UTC)),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("string", "Привет \u200fשלום", "Привет \u200fשלום"),
        ("json", {"b": 1, "a": [Decimal("2.5")]}, '{"a":["2.5"],"b":1}'),
    ],
)
def test_what_is_odd_but_true_is_read(type_: str, value: Any, expected: Any) -> None:
    array, failures = convert([value], Column(type=type_))  # type: ignore[arg-type]
    assert (array.to_pylist(), failures) == ([expected], {})


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("timestamp", "2026-03-15T10:00:00", Reason.BAD_TYPE),  # naive: of which zone?
        ("timestamp", "2026-02-29T10:00:00Z", Reason.BAD_TYPE),
        ("timestamp", "0001-01-01T00:00:00+14:00", Reason.BAD_TYPE),
        ("timestamp", "infinity", Reason.BAD_TYPE),
        ("timestamp", 1773568800, Reason.BAD_TYPE),
        ("date", "2023-02-29", Reason.BAD_TYPE),
        ("date", "15/03/2026", Reason.BAD_TYPE),
        ("decimal", "0.00001", Reason.BAD_TYPE),  # would lose digits
        ("decimal", "1,50", Reason.BAD_TYPE),
        ("decimal", "NaN", Reason.BAD_TYPE),
        ("decimal", True, Reason.BAD_TYPE),
        ("int64", "5", Reason.BAD_TYPE),
        ("int64", 5.0, Reason.BAD_TYPE),
        ("int64", 2**63, Reason.BAD_TYPE),
        ("string", 17850, Reason.BAD_TYPE),
        ("string", "a\0b", Reason.BAD_TEXT),
        ("string", "a\ud800b", Reason.BAD_TEXT),
        ("string", "y" * (MAX_TEXT + 1), Reason.TOO_LARGE),
        ("json", [{"a": "\0"}], Reason.BAD_TEXT),
        ("json", "text", Reason.BAD_TYPE),
        ("bool", "true", Reason.BAD_TYPE),
    ],
)
def test_the_museum_of_nasty_values(type_: str, value: Any, reason: Reason) -> None:
    array, failures = convert(["fine" if type_ == "string" else None, value], Column(type=type_))  # type: ignore[arg-type]
    assert (array.to_pylist()[1], failures) == (None, {1: reason})


def test_naive_times_are_read_where_a_zone_is_declared() -> None:
    column = Column(type="timestamp", time_zone="Europe/London")
    array, failures = convert(["2026-07-01T10:00:00", "2026-10-25T01:30:00", "2026-07-01T10:00:00Z"], column)
    assert failures == {}
    assert [moment.hour for moment in array.to_pylist()] == [9, 0, 10]


def test_text_sources_give_numbers_and_flags() -> None:
    assert convert(["-5"], Column(type="int64"), text=True)[0].to_pylist() == [-5]
    assert convert(["true", "0"], Column(type="bool"), text=True)[0].to_pylist() == [True, False]
    assert convert(['{"a": 1}'], Column(type="json"), text=True)[0].to_pylist() == ['{"a":1}']


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u3000", "\ufeff", "\u200b \u00ad"])
def test_a_blank_is_no_value_in_any_column(type_: str, blank: str) -> None:
    array, failures = convert([blank], Column(type=type_))  # type: ignore[arg-type]
    assert (array.to_pylist(), failures) == ([None], {})


@given(text=st.text())
def test_texts_are_cleaned_at_their_ends_alone(text: str) -> None:
    array, failures = convert([text], Column(type="string"))
    if not failures:
        assert array.to_pylist() == [text.strip(BLANKS) or None]


def test_padded_ids_land_without_their_padding() -> None:
    array, _ = convert(["R-1    ", "\u00a0R-1", "R-1"], Column(type="string", required=True))
    assert array.to_pylist() == ["R-1"] * 3


@pytest.mark.parametrize("fraction", [".1234567", ".123456789", ",1234567", ".12345678901"])
@pytest.mark.parametrize("offset", ["Z", "+00:00", ""])
def test_fractions_beyond_microseconds_are_cut(fraction: str, offset: str) -> None:
    column = Column(type="timestamp", time_zone="UTC")
    array, failures = convert([f"2026-03-15T10:00:00{fraction}{offset}"], column)
    assert (array.to_pylist(), failures) == ([datetime(2026, 3, 15, 10, 0, 0, 123456, UTC)], {})


def test_allowed_values_are_known_by_any_capitals() -> None:
    column = Column(type="string", allowed=("granted", "withdrawn"))
    array, _ = convert(["Withdrawn", "GRANTED ", "revoked"], column)
    assert array.to_pylist() == ["withdrawn", "granted", "revoked"]


@pytest.mark.parametrize("cell", ["0x1A", "1e3", "5.0", "1_000", "٣", "--5"])
def test_a_csv_number_is_digits_and_a_sign(cell: str) -> None:
    array, failures = convert([cell], Column(type="int64"), text=True)
    assert (array.to_pylist(), failures) == ([None], {0: Reason.BAD_TYPE})


def test_json_never_holds_what_is_no_json() -> None:
    array, failures = convert([{"a": float("nan"), "b": [float("inf")]}], Column(type="json"))
    assert (array.to_pylist(), failures) == (['{"a":"nan","b":["inf"]}'], {})
    doubled = convert(['{"a": 1, "a": 2}'], Column(type="json"), text=True)
    assert (doubled[0].to_pylist(), doubled[1]) == ([None], {0: Reason.DOUBLED_KEY})


@pytest.mark.parametrize("text", [str(2**128 + 5), "9" * 128, f"{2**128 + 5}.00", f"0{2**128 * 7 + 5}"])
def test_a_number_beyond_128_bits_is_not_taken_for_what_is_left_of_it(text: str) -> None:
    array, failures = convert([text, "5"], Column(name="x", type="decimal"))
    assert failures == {0: Reason.BAD_TYPE} and array.to_pylist() == [None, Decimal(5)]
