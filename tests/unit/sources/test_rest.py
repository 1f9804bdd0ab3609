"""The HTTP reader: every row once, patience for seconds, and no page set that does not add up."""

import gzip
import json
import random
import time
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from include.channels import Stream, load_channels
from include.connections import Connection
from include.errors import FixConnection, FixSource, OmniError, RetryLater
from include.lake.reasons import Reason, Unreadable
from include.settings import Settings
from include.sources import http, rest
from include.sources.interval import interval
from tests.unit.sources.api import Api
from tests.unit.sources.rows import contact

CONTACTS = load_channels()["crm"].streams["contacts"]
SMALL_PAGES = CONTACTS.model_copy(update={"source": CONTACTS.source.model_copy(update={"page_size": 10})})
DAY = date(2026, 3, 15)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.01)


def read(api: Api, settings: Settings, stream: Stream = SMALL_PAGES, **extra: Any) -> list[Any]:
    span = interval(settings, [], DAY)
    return [row for page in rest.read(stream, api.connection(**extra), span) for row in page]


def declared(**values: Any) -> Stream:
    return SMALL_PAGES.model_copy(update={"source": SMALL_PAGES.source.model_copy(update=values)})  # type: ignore[union-attr]


def test_every_row_comes_once_and_in_order_over_many_pages(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(35)]

    assert read(api, settings) == api.rows["contacts"]
    assert len(api.asked) == 4
    assert api.asked[0] == ("/api/contacts", {"updated_to": "2026-03-16T00:00:00+00:00", "limit": "10"})


def test_the_interval_asked_for_begins_where_the_last_landed_day_ended(settings: Settings) -> None:
    found = interval(settings, [date(2026, 3, 20), date(2026, 3, 28), date(2026, 3, 31)], date(2026, 3, 30))

    assert found.cursor == {"from": "2026-03-29T00:00:00+00:00", "to": "2026-03-30T23:00:00+00:00"}
    assert found.days(first=DAY) == [date(2026, 3, 29), date(2026, 3, 30)]


def test_a_refused_token_is_asked_about_once(api: Api, settings: Settings) -> None:
    api.replies = [(401, {}, b"{}")]
    with pytest.raises(FixConnection, match="crm/contacts: shop_api refused the credentials"):
        read(api, settings)
    assert len(api.asked) == 1


def test_the_wait_that_a_429_asks_for_is_kept(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(1)]
    api.replies = [(429, {"Retry-After": "1"}, b"")]
    began = time.monotonic()

    assert len(read(api, settings)) == 1
    assert 1 <= time.monotonic() - began < 2


def test_a_long_wait_is_left_to_the_task(api: Api, settings: Settings) -> None:
    api.replies = [(429, {"Retry-After": "3600"}, b"")]
    with pytest.raises(RetryLater) as caught:
        read(api, settings)
    assert (caught.value.retry_after, len(api.asked)) == (3600, 1)


def test_a_failing_source_is_tried_a_few_times_then_left_for_later(api: Api, settings: Settings) -> None:
    api.replies = [(500, {}, b"oops")] * 9
    with pytest.raises(RetryLater, match="answered 500"):
        read(api, settings)
    assert len(api.asked) == 4


def test_one_failure_in_the_middle_loses_nothing(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(15)]
    api.replies = [(503, {}, b"")]
    assert read(api, settings) == api.rows["contacts"]


@pytest.mark.parametrize("reply", [(0, {}, b""), (200, {"Content-Length": "5000"}, b'{"data": [')])
def test_silence_and_a_broken_connection_are_left_for_later(
    api: Api, settings: Settings, reply: tuple[int, dict[str, str], bytes]
) -> None:
    api.replies = [reply] * 9
    with pytest.raises(RetryLater):
        read(api, settings, timeout=0.2)


def test_nobody_listening_is_left_for_later(api: Api, settings: Settings) -> None:
    api.port = 9  # the discard port: nothing answers there
    with pytest.raises(RetryLater, match="cannot be reached"):
        read(api, settings)


@pytest.mark.parametrize(
    "body", [b'{"data": [{"a"', b"", b"<html>", b'{"data": [NaN], "total": 1}', b"\xff\xfe", b"[" * 100_000]
)
def test_an_answer_that_is_no_json_is_rejected_after_a_second_look(
    api: Api, settings: Settings, body: bytes
) -> None:
    api.replies = [(200, {}, body)] * 9
    with pytest.raises(FixSource, match="no JSON"):
        read(api, settings)
    assert len(api.asked) == 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_encoded_as_it_says_is_rejected_after_a_second_look(
    api: Api, settings: Settings, encoding: str
) -> None:
    api.replies = [(200, {"Content-Encoding": encoding}, b'{"data": [], "next_cursor": null}')] * 9
    with pytest.raises(FixSource, match="shop_api answered with a body that is not encoded"):
        read(api, settings)
    assert len(api.asked) == 2


def test_a_body_cut_off_once_within_its_encoding_is_asked_for_again(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(1)]
    page = gzip.compress(json.dumps({"data": [contact(1)], "next_cursor": None, "total": 1}).encode())
    api.replies = [(200, {"Content-Encoding": "gzip"}, b"\x00" + page[:20])]
    assert read(api, settings) == [contact(1)]


@pytest.mark.parametrize(
    ("status", "error"), [(503, RetryLater), (429, RetryLater), (401, FixConnection), (422, FixSource)]
)
def test_a_refusal_is_heard_whatever_its_body_is(
    api: Api, settings: Settings, status: int, error: type[Exception]
) -> None:
    api.replies = [(status, {"Content-Encoding": "gzip", "Retry-After": "99"}, b"<html>")] * 9
    with pytest.raises(error, match=str(status)):
        read(api, settings)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [("inf", 604800), ("1e300", 604800), ("-5", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 604800)],
)
def test_a_wait_beyond_all_sense_is_cut(api: Api, settings: Settings, asked: str, wait: float) -> None:
    api.replies = [(503, {"Retry-After": asked}, b"")] * 9
    with pytest.raises(RetryLater) as caught:
        read(api, settings)
    assert caught.value.retry_after == wait


def test_a_wait_that_is_no_number_is_none(api: Api, settings: Settings) -> None:
    api.replies = [(503, {"Retry-After": "nan"}, b"")] * 9
    with pytest.raises(RetryLater) as caught:
        read(api, settings)
    assert caught.value.retry_after is None


def test_the_query_of_a_declared_path_is_asked_with_every_page(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(15)]
    found = read(api, settings, declared(path="/contacts?status=any&kind=a%26b&kind=c&flag"))

    assert found == api.rows["contacts"]
    own = {"status": "any", "kind": "a&b"}  # the test's API keeps the first of a name
    assert [path for path, _ in api.asked] == ["/api/contacts"] * 2
    assert [own.items() <= query.items() for _, query in api.asked] == [True, True]
    assert {"updated_to", "limit", "cursor"} <= api.asked[1][1].keys()


@pytest.mark.parametrize("wrong", [{"extra": {"base_path": "/v1?key=1"}}, {"host": "http://x/?a=1"},
                                   {"host": "http://x/#a"}, {"extra": {"base_path": "?"}}])  # fmt: skip
def test_a_query_in_the_connection_is_refused(settings: Settings, wrong: dict[str, Any]) -> None:
    connection = Connection(**{"conn_id": "crm_api", "conn_type": "http", "host": "http://x", **wrong})
    with pytest.raises(FixConnection, match="crm_api: its host and base_path must hold no query"):
        list(rest.read(CONTACTS, connection, interval(settings, [], DAY)))


@pytest.mark.parametrize("host", ["http://xn--/", "a..b", "http://[::1", "ftp://x", "http://\u2603..a"])
def test_a_host_that_is_no_address_is_the_connections_fault(settings: Settings, host: str) -> None:
    with pytest.raises(FixConnection):
        list(rest.read(CONTACTS, Connection("crm_api", "http", host), interval(settings, [], DAY)))


@pytest.mark.parametrize("cursor", ["\ud800", "x" * 70_000])
def test_a_cursor_that_no_address_can_hold_is_the_sources_fault(
    api: Api, settings: Settings, cursor: str
) -> None:
    page = {"data": [contact(1)], "next_cursor": cursor, "total": 2}
    api.replies = [(200, {}, json.dumps(page).encode())]
    with pytest.raises(FixSource, match="a cursor that no address can hold"):
        read(api, settings)


def test_a_row_with_a_doubled_key_is_handed_on_as_unreadable(api: Api, settings: Settings) -> None:
    good, bad = json.dumps(contact(1)), '{"contact_id": "c2", "tier": "gold", "tier": "basic"}'
    api.replies = [(200, {}, f'{{"data": [{good}, {bad}], "next_cursor": null, "total": 2}}'.encode())]
    assert read(api, settings) == [contact(1), Unreadable(Reason.DOUBLED_KEY, bad)]


def test_an_answer_that_names_its_data_twice_is_rejected(api: Api, settings: Settings) -> None:
    api.replies = [
        (200, {}, b'{"data": [{"contact_id": "c1"}], "data": [], "next_cursor": null, "total": 0}')
    ]
    with pytest.raises(FixSource, match="names a key twice"):
        read(api, settings)


def test_a_list_without_a_total_is_whole_at_its_last_page(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(25)]
    api.bend = lambda page: {name: value for name, value in page.items() if name != "total"}
    assert read(api, settings, declared(total="none")) == api.rows["contacts"]
    with pytest.raises(FixSource, match="total as agreed"):
        read(api, settings)


def test_pages_that_drift_under_a_right_total_are_left_for_later(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(60)]
    whole = api.rows["contacts"]

    def first_again(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "data": [whole[0], *page["data"][1:]]} if len(api.asked) == 2 else page

    api.bend = first_again
    with pytest.raises(RetryLater, match=r"promised 60 rows and gave 59 by their key contact_id"):
        read(api, settings)


@pytest.mark.parametrize("status", [302, 404])
def test_a_wrong_address_is_the_connections_fault(api: Api, settings: Settings, status: int) -> None:
    api.replies = [(status, {"Location": "http://127.0.0.1:1/"}, b"")]
    with pytest.raises(FixConnection, match="base_path"):
        read(api, settings)


def test_no_secret_and_no_personal_value_is_in_an_error(api: Api, settings: Settings) -> None:
    for status in (401, 404, 422, 500):
        api.replies = [(status, {}, b'{"error": "ana@example.com"}')] * 4
        with pytest.raises(OmniError) as caught:
            read(api, settings)
        assert "s3cret" not in str(caught.value) and "ana@" not in str(caught.value)


def pages(rows: list[Any], size: int) -> list[dict[str, Any]]:
    starts = range(0, len(rows), size)
    return [
        {"data": rows[i : i + size], "next_cursor": str(i + size) if i + size < len(rows) else None,
         "total": len(rows)} for i in starts
    ]  # fmt: skip


def mutate(honest: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """A page set that lost, doubled or contradicts something."""
    bent = deepcopy(honest)
    page = dice.choice(bent)
    kind = dice.randrange(8)
    if kind == 0:
        page["data"].pop(dice.randrange(len(page["data"])))
    elif kind == 1:
        page["data"].append(page["data"][0])
    elif kind == 2:
        page["next_cursor"] = dice.choice(["0", "10", "20"]) if page["next_cursor"] != "20" else "0"
    elif kind == 3:
        page["total"] += dice.choice([-1, 1])
    elif kind == 4:
        page["data"] = []
    elif kind == 5:
        del page[dice.choice(["data", "next_cursor", "total"])]
    elif kind == 6:
        page[dice.choice(["data", "total"])] = dice.choice([None, {}, "12", True])
    else:
        bent[dice.randrange(len(bent) - 1)]["next_cursor"] = None
    return bent


def test_of_a_thousand_bent_page_sets_none_is_read_short() -> None:
    honest = pages(list(range(35)), 10)
    rejected = 0
    for seed in range(1000):
        bent = mutate(honest, random.Random(seed))

        def get(more: dict[str, Any], bent: list[dict[str, Any]] = bent) -> Any:
            return bent[int(more.get("cursor", "0")) // 10]

        try:
            found = [row for page in rest._pages(get, "shop") for row in page]
        except (FixSource, RetryLater):
            rejected += 1
        else:
            assert found == list(range(35)), seed
    assert rejected > 900


def test_a_list_that_changes_while_it_is_read_is_left_for_later(api: Api, settings: Settings) -> None:
    api.rows["contacts"] = [contact(n) for n in range(25)]
    totals: Iterator[int] = iter([25, 26, 26])
    api.bend = lambda page: {**page, "total": next(totals)}
    with pytest.raises(RetryLater, match="changed from 25 to 26"):
        read(api, settings)


def test_pages_are_json_with_exact_decimals(api: Api, settings: Settings) -> None:
    page = {"data": [{"amount": 0.1}], "next_cursor": None, "total": 1}
    api.replies = [(200, {}, json.dumps(page).encode())]
    assert str(read(api, settings)[0]["amount"]) == "0.1"
