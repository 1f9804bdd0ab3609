"""A page with a row that cannot be held: the others are read, and that row is kept as it came."""

import json

import pytest

from include.channels import load_channels
from include.lake.reasons import Reason, Unreadable
from include.settings import Settings
from include.sources import rest
from include.sources.interval import interval
from include.sources.json_pages import parse_page
from tests.unit.sources.api import Api
from tests.unit.sources.rows import contact
from tests.unit.sources.test_rest import DAY

CONTACTS = load_channels()["crm"].streams["contacts"]
UNHELD = [
    ("[" * 150 + "]" * 150, Reason.TOO_LARGE),
    ("[" * 5000 + "]" * 5000, Reason.TOO_LARGE),
    ('{"a":' * 100_000 + "1" + "}" * 100_000, Reason.TOO_LARGE),
    ("9" * 5000, Reason.TOO_LARGE),
    ("1e99999999999999999999", Reason.TOO_LARGE),
    ("NaN", Reason.NOT_JSON),
    ("-Infinity", Reason.NOT_JSON),
]


def page(*rows: str, before: str = "", after: str = ', "next_cursor": null, "total": 3') -> bytes:
    return f'{{{before}"data": [{", ".join(rows)}]{after}}}'.encode()


@pytest.mark.parametrize(("value", "reason"), UNHELD, ids=[f"{v[:6]}…" for v, _ in UNHELD])
def test_a_row_that_cannot_be_held_spoils_itself_alone(
    api: Api, settings: Settings, value: str, reason: Reason
) -> None:
    good = [contact(1, first_name='a "data": [{'), contact(2, last_name="}]\\")]
    odd = f'{{"contact_id": "c9", "note": "\\"]}}", "x": {value}}}'
    api.replies = [(200, {}, page(json.dumps(good[0]), odd, json.dumps(good[1])))]

    pages = rest.read(CONTACTS, api.connection(), interval(settings, [], DAY))
    found = [row for rows in pages for row in rows]

    assert found == [good[0], Unreadable(reason, odd[: 64 * 1024]), good[1]]
    assert len(api.asked) == 1


def test_other_lists_of_the_page_are_left_alone() -> None:
    before = '"more": [{"a": 1}], "meta": {"data": [{"b": 2}]}, '
    found = parse_page(page('{"n": NaN}', "{}", before=before))

    assert found == {
        "more": [{"a": 1}], "meta": {"data": [{"b": 2}]}, "next_cursor": None, "total": 3,
        "data": [Unreadable(Reason.NOT_JSON, '{"n": NaN}'), {}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        page('{"a": NaN}')[:-1], page('{"a": NaN}', "NaN"), page('{"a": NaN}', "7"), page(), b"[]", b"",
        page('{"a": NaN}', after=', "total": NaN'), page('{"a": NaN} {"b": 1}'), b'{"data": {"a": NaN}}',
        b"}]", page('{"a": "NaN}'), b'{"data": [{"a": NaN}], "data": []}',
    ],
)  # fmt: skip
def test_a_page_that_is_not_whole_is_no_page(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_page(text)
