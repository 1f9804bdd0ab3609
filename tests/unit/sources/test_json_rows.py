"""JSON of all readers: exact, and never one of two values by chance."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.channels import load_channels
from include.lake.reasons import Reason, Unreadable
from include.sources.json_rows import as_row, parse

ORDERS = load_channels()["shop"].streams["orders"]
CARTS = load_channels()["shop"].streams["carts"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=3),
    max_leaves=12,
)


def doubled(raw: str) -> Unreadable:
    return Unreadable(Reason.DOUBLED_KEY, raw)


@given(VALUES)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_what_has_no_doubled_key_is_read_as_it_is(value: Any) -> None:
    text = json.dumps(value)
    assert parse(text) == parse(text.encode()) == parse(text.encode("utf-16")) == value
    assert as_row(parse(text), CARTS) == value


@given(VALUES, VALUES)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_the_text_of_a_doubled_key_keeps_both_values(one: Any, other: Any) -> None:
    found = parse(f'{{"a": {json.dumps(one)}, "\\u0061": {json.dumps(other)}}}')
    assert isinstance(found, Unreadable) and found.reason is Reason.DOUBLED_KEY
    pairs: list[list[tuple[str, Any]]] = []
    json.loads(found.raw, object_pairs_hook=lambda p: pairs.append(p) or dict(p))
    assert pairs[-1] == [("a", one), ("a", other)]


def test_numbers_with_a_point_are_exact_and_keep_their_text() -> None:
    assert parse('{"a": 0.10}') == {"a": Decimal("0.10")}
    assert parse('{"a": 0.10, "b": [1.50, {"c": null}], "a": "é"}') == doubled(
        '{"a": 0.10, "b": [1.50, {"c": null}], "a": "é"}'
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1", "NaN", '{"a": Infinity}', "[" * 100_000, "9" * 5000, "1e99999999999999999999", b"\xff"],
)
def test_what_cannot_be_read_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "id": 2}',
        '{"id": 1, "address": {"city": "A", "city": "B"}}',
        '{"id": 1, "address": {"old": {"city": "A", "city": "B"}}}',
        '{"id": 1, "items": [{"sku": 1, "sku": 2}]}',
        '{"id": 1, "more": [{"sku": 1, "sku": 2}]}',
        '{"id": 1, "address": {"lines": [[{"a": 1, "a": 2}]]}}',
    ],
)
def test_a_doubled_key_anywhere_in_a_row_spoils_the_row(text: str) -> None:
    assert as_row(parse(text), CARTS) == doubled(text)
    if isinstance(parse(text), dict):
        assert as_row(parse(text), CARTS, raw="as it came") == doubled("as it came")


def test_a_doubled_key_in_a_nested_row_spoils_that_row_alone() -> None:
    bad, deep = '{"sku": "A", "sku": "B"}', '{"sku": "C", "tax": [{"rate": 1, "rate": 2}]}'
    row = as_row(parse(f'{{"order_id": "o1", "lines": [{{"sku": "D"}}, {bad}, {deep}, 7]}}'), ORDERS)
    assert row == {"order_id": "o1", "lines": [{"sku": "D"}, doubled(bad), doubled(deep), 7]}
    both = f'{{"order_id": "o1", "lines": [{bad}], "note": {{"a": 1, "a": 2}}}}'
    assert as_row(parse(both), ORDERS) == doubled(both)


@pytest.mark.parametrize("levels", [101, 300, 480, 700])
def test_a_row_of_too_many_levels_is_refused_before_anything_recurses(levels: int) -> None:
    nested = "[" * levels + "]" * levels
    row = as_row(parse(f'{{"order_id": "o1", "lines": [], "note": {nested}}}'), ORDERS)
    assert isinstance(row, Unreadable) and row.reason == Reason.TOO_LARGE
    assert row.raw.startswith('{"order_id": "o1", "lines": ')
    assert as_row(parse(f'{{"note": {nested}}}'), ORDERS, raw="as it came").raw == "as it came"


def test_a_nested_row_of_too_many_levels_is_refused_alone() -> None:
    deep = f'{{"sku": "C", "tax": {"[" * 120}{"]" * 120}}}'
    row = as_row(parse(f'{{"order_id": "o1", "lines": [{{"sku": "D"}}, {deep}]}}'), ORDERS)
    assert row == {"order_id": "o1", "lines": [{"sku": "D"}, Unreadable(Reason.TOO_LARGE, deep)]}


def test_a_hundred_levels_are_read() -> None:
    text = f'{{"order_id": "o1", "lines": [], "note": {"[" * 99}{"]" * 99}}}'
    assert as_row(parse(text), ORDERS) == parse(text)
