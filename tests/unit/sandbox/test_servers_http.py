"""Web shop, CRM and e-mail platform over HTTP: tokens, pages, limits, faults."""

import threading
import time
from datetime import timedelta

import httpx
import pytest

from tests.unit.sandbox.conftest import Servers
from tests.unit.sandbox.servers_world import START


def patiently(servers: Servers, path: str, **query) -> httpx.Response:
    """GET, coming back after a 429 as asked."""
    while (answer := servers.get(path, **query)).status_code == 429:
        time.sleep(0.05)
    return answer


def pages(servers: Servers, limit: int, **query) -> list[dict]:
    rows, cursor = [], None
    while True:
        at = {"cursor": cursor} if cursor else {}
        answer = patiently(servers, "/shop/orders", limit=limit, **query, **at)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["data"]) <= limit
        rows += body["data"]
        cursor = body["next_cursor"]
        if cursor is None:
            assert body["total"] == len({row["order_id"] for row in rows})
            return rows


def test_a_wrong_token_is_refused(servers):
    assert servers.get("/shop/orders", token="wrong").status_code == 401
    assert servers.get("/crm/contacts", token=servers.connections["shop_api"]["password"]).status_code == 401


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 26, 5000])
def test_pages_of_any_size_give_every_row_once_and_in_order(servers, limit):
    rows = pages(servers, limit)

    assert [row["order_id"] for row in rows] == [row["order_id"] for row in pages(servers, 5000)]
    places = [(row["updated_at"], row["order_id"]) for row in rows]
    assert places == sorted(places)
    assert len({row["order_id"] for row in rows}) == 25


def test_a_doubled_row_is_listed_twice_even_across_a_page_boundary(servers):
    single = [row["order_id"] for row in pages(servers, 1)]

    assert single.count("o007") == 2
    assert len(single) == 26
    assert servers.get("/shop/orders").json()["total"] == 25


def test_a_corrected_row_is_listed_in_its_newest_version_only(servers):
    versions = [row["status"] for row in pages(servers, 5000) if row["order_id"] == "o003"]

    assert versions == ["shipped"]


def test_rows_of_a_day_to_come_are_not_listed(servers):
    assert "o099" not in {row["order_id"] for row in pages(servers, 5000)}


def test_a_list_is_cut_by_updated_at_with_the_end_left_out(servers):
    hour = timedelta(hours=1)
    rows = pages(
        servers, 3, updated_from=(START + hour).isoformat(), updated_to=(START + 2 * hour).isoformat()
    )

    assert [row["order_id"] for row in rows] == ["o005", "o006", "o007", "o007", "o008", "o009"]


def test_orders_carry_their_lines_equal_ones_too(servers):
    rows = pages(servers, 5000)

    for row in rows:
        assert [line["line_number"] for line in row["lines"]] == [1, 2]
        assert {line["order_id"] for line in row["lines"]} == {row["order_id"]}
    assert rows[0]["lines"][0]["unit_price"] == "2.55"


def test_broken_rows_come_as_they_are_even_without_a_key(servers):
    body = servers.get("/crm/contacts").json()
    rows = body["data"]

    assert body["total"] == 3
    assert sorted((row["contact_id"] or "", row["email"] or "") for row in rows) == [
        ("", "a"),
        ("", "b"),
        ("k1", ""),
    ]


def test_json_columns_travel_as_json(servers):
    (cart,) = servers.get("/shop/carts").json()["data"]

    assert cart["items"] == [{"sku": "s1", "quantity": 2}]
    assert cart["updated_at"] == "2026-03-01T10:00:00.000000+00:00"


def test_a_stream_without_rows_is_an_empty_list(servers):
    assert servers.get("/crm/preferences").json() == {"data": [], "next_cursor": None, "total": 0}


def test_what_is_asked_wrongly_is_refused(servers):
    assert servers.get("/shop/orders", cursor="no").status_code == 400
    assert servers.get("/shop/orders", limit=5001).status_code == 422
    assert servers.get("/shop/orders", updated_from="yesterday").status_code == 422
    assert servers.get("/shop/nothing").status_code == 404


def test_who_asks_too_often_is_told_when_to_come_back(servers):
    known = servers.connections["crm_api"]
    headers = {"Authorization": f"Bearer {known['password']}"}
    with httpx.Client(base_url=f"http://{known['host']}:{known['port']}", headers=headers) as client:
        answers = [client.get("/crm/contacts") for _ in range(180)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    time.sleep(float(refused[-1].headers["Retry-After"]))
    assert servers.get("/crm/contacts").status_code == 200


def test_http_500_acts_on_its_system_alone_and_clears(servers, faults):
    faults("shop", "http_500")
    assert servers.get("/shop/orders").status_code == 500
    assert servers.get("/crm/contacts").status_code == 200

    from include import sandbox

    sandbox.clear_faults(servers.settings)
    assert servers.get("/shop/orders").status_code == 200


def test_a_fault_may_act_a_number_of_times(servers, faults):
    faults("email", "http_429", times=2)

    assert [servers.get("/email/events").status_code for _ in range(3)] == [429, 429, 200]


def test_a_renamed_column_comes_under_its_new_name_nested_ones_too(servers, faults):
    faults("shop", "rename_column", stream="orders", column="email", to="e_mail")
    faults("shop", "rename_column", stream="order_lines", column="sku", to="article")

    row = servers.get("/shop/orders", limit=1).json()["data"][0]
    assert "email" not in row
    assert row["e_mail"] == "p0@example.com"
    assert [line["article"] for line in row["lines"]] == ["s1", "s1"]


def test_an_empty_feed_says_it_has_nothing(servers, faults):
    faults("shop", "empty_feed", stream="orders")

    assert servers.get("/shop/orders").json() == {"data": [], "next_cursor": None, "total": 0}
    assert servers.get("/shop/carts").json()["total"] == 1


def test_a_stalled_system_answers_once_the_fault_is_cleared(servers, faults):
    from include import sandbox

    faults("crm", "stall")
    threading.Timer(0.6, sandbox.clear_faults, [servers.settings]).start()
    began = time.monotonic()

    assert servers.get("/crm/contacts").status_code == 200
    assert time.monotonic() - began > 0.5


def test_a_fault_that_no_system_has_is_refused(servers):
    from include import sandbox

    with pytest.raises(sandbox.SandboxError, match="has no fault"):
        sandbox.set_fault(servers.settings, "smtp", "http_500")
    with pytest.raises(sandbox.SandboxError, match="needs stream"):
        sandbox.set_fault(servers.settings, "shop", "empty_feed")
