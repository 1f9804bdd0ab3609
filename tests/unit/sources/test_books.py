"""Pages of any kind against a plain model: no row lost, none invented, none believed that do not add up."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import FixSource, RetryLater
from include.sources import rest
from include.sources.books import PAGES_WITHOUT_NEWS, Books, Counts

KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", 1, "1", True])
ROWS = st.one_of(
    KEYS.map(lambda key: {"id": key, "n": 0}),
    st.sampled_from([{"id": None}, {"n": 1}, {"id": " "}, {"id": ["a"]}, {"id": {}}, 7, None, "a"]),
)
PAGE_SETS = st.lists(st.lists(ROWS, max_size=4), min_size=1, max_size=6)
COUNTS = st.sampled_from(["keys", "rows", "none"])
QUICK = settings(max_examples=400, deadline=None, derandomize=True, database=None)


def read(pages: list[dict[str, Any]], counts: Counts) -> list[Any]:
    def get(more: dict[str, Any]) -> Any:
        return pages[int(more.get("cursor", "0"))]

    return [row for rows in rest._pages(get, "shop", ("id",), counts) for row in rows]


def number(rows: list[Any], counts: str) -> int:
    """What an API's total says of these rows, by the plainest means."""
    if counts == "rows":
        return len(rows)
    keys, own = [], 0
    for row in rows:
        key = row.get("id") if isinstance(row, dict) else None
        if isinstance(key, str | int) and str(key).strip():
            keys.append(repr(key))
        else:
            own += 1
    return len(set(keys)) + own


def listed(groups: list[list[Any]], totals: list[int]) -> list[dict[str, Any]]:
    last = len(groups) - 1
    return [
        {"data": rows, "next_cursor": None if n == last else str(n + 1), "total": totals[n]}
        for n, rows in enumerate(groups)
    ]


@given(PAGE_SETS, COUNTS)
@QUICK
def test_an_honest_list_is_read_whole_whatever_is_in_it(groups: list[list[Any]], counts: Any) -> None:
    groups = [rows for rows in groups[:-1] if rows] + [groups[-1]]
    rows = [row for group in groups for row in group]
    assert read(listed(groups, [number(rows, counts)] * len(groups)), counts) == rows


@given(PAGE_SETS, COUNTS, st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.data())
@QUICK
def test_a_list_is_believed_only_if_it_adds_up(
    groups: list[list[Any]], counts: Any, wrong: list[int], data: st.DataObject
) -> None:
    """Totals that are wrong or change, cursors that skip, repeat or end early, pages without rows."""
    rows = [row for group in groups for row in group]
    totals = [number(rows, counts) + by * data.draw(st.booleans()) for by in wrong]
    pages = listed(groups, totals)
    for page in pages:
        if data.draw(st.integers(0, 3)) == 0:
            page["next_cursor"] = data.draw(st.sampled_from([None, *map(str, range(len(pages)))]))

    walked, place, cursors = [pages[0]], pages[0]["next_cursor"], []
    while place is not None and place not in cursors:
        cursors.append(place)
        walked.append(pages[int(place)])
        place = walked[-1]["next_cursor"]
    given_rows = [row for page in walked for row in page["data"]]
    ends_well = place is None and all(page["data"] for page in walked[:-1])
    adds_up = {page["total"] for page in walked} == {number(given_rows, counts)} or counts == "none"

    if ends_well and adds_up:
        assert read(pages, counts) == given_rows
    else:
        with pytest.raises((FixSource, RetryLater)):
            read(pages, counts)


def test_a_list_that_drifts_by_any_step_is_never_landed_short() -> None:
    """One row moves to the front or away between two pages: a neighbour is listed twice, or never."""
    believed = 0
    for seed in range(300):
        dice = random.Random(seed)
        rows = [{"id": n} for n in range(60)]
        pages = []
        for begin in range(0, 60, 10):
            following = str(begin // 10 + 1) if begin < 50 else None
            pages.append({"data": rows[begin : begin + 10], "next_cursor": following, "total": 60})
            moved = rows.pop(dice.randrange(60))
            rows.insert(dice.randrange(60), moved)
        try:
            found = read(pages, "keys")
        except RetryLater as error:
            assert "nothing was landed" in str(error)
        else:
            believed += 1
            assert {row["id"] for row in found} == set(range(60))
    assert 0 < believed < 200


def test_a_row_listed_twice_is_fine_when_all_promised_keys_are_there() -> None:
    groups = [[{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 3}]]
    assert len(read(listed(groups, [3, 3]), "keys")) == 4
    with pytest.raises(FixSource, match="promised 3 rows and gave 4"):
        read(listed(groups, [3, 3]), "rows")
    with pytest.raises(RetryLater, match=r"promised 4 rows and gave 3 by their key id .*declare total: rows"):
        read(listed(groups, [4, 4]), "keys")
    with pytest.raises(FixSource, match="promised 2 rows and gave 3 by their key id"):
        read(listed(groups, [2, 2]), "keys")


def test_a_key_of_several_columns_is_one_key() -> None:
    books = Books(("id", "line"), "keys", "shop")
    books.add([{"id": 1, "line": 1}, {"id": 1, "line": 2}, {"id": 1, "line": 1}, {"id": 1}], 3)
    books.close()


@pytest.mark.parametrize("counts", ["keys", "none"])
def test_a_list_that_begins_again_for_ever_ends(counts: Counts) -> None:
    asked = []

    def get(more: dict[str, Any]) -> Any:
        asked.append(more)
        return {"data": [{"id": 1}, {"id": 2}], "next_cursor": f"c{len(asked)}", "total": 3}

    with pytest.raises(FixSource, match="pages in a row without a new row"):
        list(rest._pages(get, "shop", ("id",), counts))
    assert len(asked) == PAGES_WITHOUT_NEWS + 2


def test_a_list_without_a_total_needs_none_and_a_list_with_one_needs_it() -> None:
    page = {"data": [{"id": 1}], "next_cursor": None}
    assert read([page], "none") == read([{**page, "total": 9}], "none") == [{"id": 1}]
    for counts in ("keys", "rows"):
        with pytest.raises(FixSource, match="without data, next_cursor and total"):
            read([page], counts)  # type: ignore[arg-type]
    with pytest.raises(FixSource, match="without data and next_cursor"):
        read([{"data": [{"id": 1}]}], "none")
