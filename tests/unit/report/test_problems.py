"""What needs a look: counted from marts and manifests, said in words, and never naming anybody."""

from datetime import timedelta
from pathlib import Path

import pytest

from include.report import collect, summary_table
from include.report.page import render
from include.report.problems import TEXTS, sentences, texts
from include.settings import Settings
from tests.unit.report.house import DAY, land, marts, members, publish

UNHEARD = [
    {"status": "withdrawn", "reason": "nobody_has_the_address"},
    {"status": "withdrawn", "reason": "address_unreadable"},
    {"status": "erasure_requested", "reason": "names_nobody"},
    {"status": "erasure_requested", "reason": "waits_for_confirmation"},
]
UNREADABLE = [
    {"channel": "crm", "stream": "contacts", "identifier_type": "phone", "count_records": 7},
    {"channel": "crm", "stream": "contacts", "identifier_type": "email", "count_records": 2},
]
ORDERS = [
    {"currency": "GBP", "company_amount": 1.0},
    {"currency": "XAU", "company_amount": None},
    {"currency": "XAU", "company_amount": None},
]


ADDRESSES = [
    {"business_date": DAY, "channel": "email", "status": "waiting", "linked_by": "phone"},
    {"business_date": DAY, "channel": "email", "status": "waiting", "linked_by": "phone"},
    {"business_date": DAY, "channel": "sms", "status": "made", "linked_by": None},
    {"business_date": DAY - timedelta(days=1), "channel": "sms", "status": "made", "linked_by": None},
]


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, clock="sandbox")


@pytest.fixture
def summary(house):
    """A night with each kind of problem."""
    land(house, "crm", "contacts", DAY, future={"created_at": 2, "updated_at": 1},
         within_lag={"again": 9, "late": 4, "timeless": 0})  # fmt: skip
    found = {
        "rpt_unheard_refusals": UNHEARD,
        "rpt_implausible_records": [{"channel": "shop", "stream": "customers"}],
        "rpt_unreadable_identifiers": UNREADABLE,
        "fct_orders": ORDERS,
        "fct_address_changes": ADDRESSES,
    }
    publish(house, DAY, marts(DAY, members(vip="a b"), **found))
    return collect(house, DAY)


def test_every_problem_is_counted_with_where_to_look_and_what_to_do(summary):
    assert {code: (p["count"], p["by"]) for code, p in summary["problems"].items()} == {
        "unheard_erasures": (1, {"names_nobody": 1}),
        "unheard_withdrawals": (2, {"address_unreadable": 1, "nobody_has_the_address": 1}),
        "waiting_refusals": (1, {"erasure_requested": 1}),
        "implausible_records": (1, {"shop/customers": 1}),
        "orders_without_rate": (2, {"XAU": 2}),
        "future_events": (3, {"crm/contacts": 3}),
        "unreadable_phones": (7, {"crm/contacts": 7}),
        "unreadable_addresses": (2, {"crm/contacts": 2}),
        "waiting_addresses": (2, {"email phone": 2}),
        "changed_addresses": (1, {"sms": 1}),
        "late_rows": (4, {"crm/contacts": 4}),
    }
    for problem in summary["problems"].values():
        assert len(problem["where"]) > 20 and len(problem["what_to_do"]) > 40


def test_page_and_table_say_each_of_them(summary):
    page, table = render(summary), summary_table(summary)
    for sentence in (
        "2 withdrawals of consent reached nobody",
        "1 request to be erased reached nobody",
        "2 orders are in a currency without an exchange rate",
        "4 rows came late, and were read within the lag",
        "2 addresses were used last and wait for confirmation",
        "1 customer is reached at another address than before",
    ):
        assert sentence in page
    assert [line.split() for line in table.splitlines() if line.startswith("unheard_w")] == [
        ["unheard_withdrawals", "2"]
    ]
    assert "    XAU 2" in table


def test_a_night_without_a_problem_says_nothing_of_them(house):
    publish(house, DAY, marts(DAY, members(vip="a b")))
    summary = collect(house, DAY)
    assert {p["count"] for p in summary["problems"].values()} == {0}
    assert list(sentences(summary)) == []
    assert "What needs a look" not in render(summary)
    assert "to look at" not in summary_table(summary)


def test_what_landed_is_told_where_nothing_was_published(house):
    land(house, "crm", "contacts", DAY, future={"created_at": 2})
    problems = collect(house, DAY)["problems"]
    assert (problems["future_events"]["count"], problems["unheard_withdrawals"]["count"]) == (2, 0)


def test_every_problem_has_its_words():
    assert TEXTS.exists() and len(texts()) == 11
    for text in texts().values():
        assert set(text) == {"one", "many", "where", "what_to_do"}
