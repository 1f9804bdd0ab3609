"""What public bug reports of the trade break: one night on a lake that holds an example of each kind."""

import json

import duckdb
import pytest

from include.ledger.history import snapshot
from include.settings import Settings
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.dbt import run_dbt
from tests.warehouse.small_lake import DAY_1, DAY_2, at, land

GRANTED = {"purpose": "marketing", "channel": "email", "status": "granted", "jurisdiction": "GB"}
WITHDRAWN = {**GRANTED, "status": "withdrawn"}
JANUARY, FEBRUARY, MARCH = (at(f"2026-0{month}-01 10:00") for month in (1, 2, 3))
NOBODY = ["\\N", "—", "Guest_User", "", "0", "NULL", "(none)", "00000000-0000-0000-0000-000000000000", " "]
FUTURE = at("2099-01-01 00:00")


def contact(key, **values):
    """A CRM contact of its own name."""
    return {"contact_id": key, "loyalty_id": f"L-{key}", "first_name": key, "last_name": "Smith", **values}


def consents(*events):
    """Consent events, each with a key and moments of its own."""
    return [{"consent_event_id": f"e{n}", "updated_at": MARCH, **event} for n, event in enumerate(events)]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The night, built but for what rests on earlier ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNI_VAR", str(tmp_path_factory.mktemp("house") / "var"))
        settings = Settings(clock="sandbox")
        _land(settings)
        open_candidate(settings, DAY_2)
        snapshot(settings, before=DAY_2)
        arguments = ["build", "--quiet", "--exclude-resource-type", "unit_test"]
        run_dbt(
            settings, arguments, candidate_file(settings), json.loads(variables_file(settings).read_text())
        )
        yield settings


def _land(settings):
    land(
        settings, "crm/contacts", DAY_1,
        contact("anna", email="anna@mail.example"),
        contact("bea", email="bea@mail.example"),
        contact("cleo", email="cleo@mail.example"),
        contact("dora", email="dora@straße-mode.example"),
        contact("emma", email="emma@mail.example", phone="07700 900123", country="United Kingdom"),
        contact("fleur", phone="+33 6 39 98 12 34", country="FRA"),
        contact("gerd", email="gerd@mail.example"),
        contact("  hugo  ", email="hugo@mail.example"),
        contact("+44a", email="+447700900111@sms.example"),
        contact("+44b", email="+447700900222@sms.example"),
        contact("ines", email="ines@mail.example", phone="020 7946 0018", country="Atlantis"),
        contact("jan", email="jan@mail.example", birth_date=at("2099-01-01 00:00").date()),
        contact("kim", email="kim@mail.example"),
    )  # fmt: skip
    land(
        settings, "crm/consents", DAY_1,
        *consents(
            {**GRANTED, "contact_id": "anna", "occurred_at": FUTURE},
            {**GRANTED, "contact_id": "bea", "occurred_at": JANUARY},
            {**WITHDRAWN, "contact_id": "bea", "occurred_at": FUTURE},
            {**GRANTED, "contact_id": "cleo", "occurred_at": JANUARY},
            {**WITHDRAWN, "contact_id": "", "email": "\u200bCLEO@mail\u00ad.example\u00a0",
             "occurred_at": FEBRUARY},
            {**GRANTED, "contact_id": "fleur", "channel": "sms", "occurred_at": JANUARY},
            {**WITHDRAWN, "channel": "sms", "phone": "06 39 98 12 34", "jurisdiction": "FR",
             "occurred_at": MARCH},
            {**GRANTED, "contact_id": "gerd", "occurred_at": JANUARY},
            {**WITHDRAWN, "contact_id": "gerd", "channel": "ads", "occurred_at": FEBRUARY},
            {**GRANTED, "contact_id": "hugo", "occurred_at": JANUARY},
            {**WITHDRAWN, "contact_id": "hugo    ", "occurred_at": FEBRUARY},
            {**GRANTED, "contact_id": "dora", "occurred_at": JANUARY},
            {**WITHDRAWN, "contact_id": "null", "email": "Dora@xn--strae-mode-83a.example.",
             "occurred_at": FEBRUARY},
            {**WITHDRAWN, "contact_id": "0", "occurred_at": FEBRUARY},
            {**WITHDRAWN, "email": "stranger@mail.example", "occurred_at": FEBRUARY},
            {**GRANTED, "contact_id": "kim", "occurred_at": JANUARY},
            {**WITHDRAWN, "status": "erasure_requested", "phone": "0639981234", "jurisdiction": "GB",
             "occurred_at": FEBRUARY},
        ),
    )  # fmt: skip
    land(
        settings, "email/events", DAY_1,
        {"event_id": "b1", "event_type": "bounce", "recipient": "kim@mail.example",
         "reason": "550 5.1.1 <busybee@x.example>: a640c23a62f3a-12.450 - gsmtp"},
        {"event_id": "b2", "event_type": "bounce", "recipient": "gerd@mail.example",
         "reason": "450 4.2.2 mailbox full, from 10.5.50.17"},
    )  # fmt: skip
    land(
        settings, "shop/orders", DAY_1,
        *(
            {"order_id": f"guest{n}", "account_id": account, "email": f"guest{n}@mail.example",
             "first_name": f"Guest{n}", "total_amount": 10, "ordered_at": JANUARY}
            for n, account in enumerate(NOBODY)
        ),
        {"order_id": "empty", "account_id": "a1", "email": "a1@mail.example", "total_amount": 20,
         "updated_at": JANUARY},
        {"order_id": "ahead", "account_id": "a1", "total_amount": 30, "ordered_at": FUTURE},
        *(
            {"order_id": f"till{n}", "account_id": "TILL-1", "email": f"till{n}@mail.example",
             "total_amount": 1, "ordered_at": JANUARY}
            for n in range(12)
        ),
    )  # fmt: skip
    land(
        settings, "shop/order_lines", DAY_1,
        {"order_id": "empty", "line_number": 1}, {"order_id": "guest0", "line_number": 1},
    )  # fmt: skip
    land(settings, "shop/orders", DAY_2, {"order_id": "empty", "account_id": "a1", "updated_at": MARCH})
    land(
        settings, "stores/receipts", DAY_1,
        {"receipt_id": "R-1   ", "email": "team@shared.example", "first_name": "Γιώργος",
         "last_name": "Παππάς"},
        {"receipt_id": "R-2", "email": "team@shared.example", "first_name": "Ελένη", "last_name": "Νικολάου"},
        {"receipt_id": "R-3", "email": "office@shared.example.", "first_name": "伟", "last_name": "王"},
        {"receipt_id": "R-4", "email": "office2@shared.example", "first_name": "芳", "last_name": "李"},
        {"receipt_id": "R-5", "email": "office2@shared.example", "first_name": "伟", "last_name": "王"},
        {"receipt_id": "R-6", "email": "star@shared.example", "first_name": "★", "last_name": "★"},
        {"receipt_id": "R-7", "email": "star@shared.example", "first_name": "★", "last_name": "★"},
        {"receipt_id": "R-8", "phone": "not a number"},
        {"receipt_id": "R-9", "phone": "07700 900777", "first_name": "???", "last_name": "??"},
        {"receipt_id": "R-10", "phone": "07700 900777", "first_name": "????", "last_name": "?"},
    )  # fmt: skip
    land(settings, "stores/receipt_lines", DAY_1, {"receipt_id": "R-1", "line_number": 1})


def rows(house, query):
    """Answers of the built candidate."""
    with duckdb.connect(str(candidate_file(house)), read_only=True) as con:
        return con.execute(query).fetchall()


def points(house, *contacts):
    """(contact, may be written to) of contacts' addresses."""
    names = ", ".join(f"'{name}'" for name in contacts)
    found = rows(
        house,
        "select r.record_key, bool_or(p.has_marketing_consent and not p.is_suppressed)"
        " from customer_records as r join dim_contact_points as p using (customer_id)"
        f" where r.channel = 'crm' and r.record_key in ({names}) group by 1",
    )
    return dict(found)


def customers(house, channel, *keys):
    """The customer of each record, or None."""
    found = dict(
        rows(house, f"select record_key, customer_id from customer_records where channel = '{channel}'")
    )
    return [found.get(key) for key in keys]


def test_guests_with_a_placeholder_for_an_account_stay_apart(house):
    found = customers(house, "shop", *(f"guest{n}" for n in range(len(NOBODY))))
    assert None not in found and len(set(found)) == len(NOBODY)


def test_a_grant_of_the_future_is_no_grant_and_a_refusal_of_the_future_is_heard(house):
    assert points(house, "anna", "bea") == {"anna": False, "bea": False}


def test_a_withdrawal_is_heard_however_its_address_is_written(house):
    assert points(house, "cleo", "dora") == {"cleo": False, "dora": False}
    assert rows(house, "select address from dim_contact_points where address like 'dora%'") == [
        ("dora@xn--strae-mode-83a.example",)
    ]


def test_a_withdrawal_by_telephone_is_read_where_it_was_dialled(house):
    assert points(house, "fleur") == {"fleur": False}


def test_a_padded_id_names_the_same_record(house):
    assert points(house, "hugo") == {"hugo": False}
    assert rows(house, "select count_lines from fct_orders where order_id = 'R-1'") == [(1,)]


def test_a_withdrawal_for_advertising_stands_beside_consent_to_e_mail(house):
    [(standing,)] = rows(
        house,
        "select is_granted from fct_consent_standing as s join customer_records as r using (customer_id)"
        " where r.record_key = 'gerd' and s.contact_channel = 'ads'",
    )
    assert standing is False and points(house, "gerd") == {"gerd": True}


def test_a_tag_is_cut_only_where_something_stands_before_it(house):
    assert len(set(customers(house, "crm", "+44a", "+44b"))) == 2


def test_the_first_code_decides_whether_a_bounce_is_permanent(house):
    assert points(house, "kim", "gerd") == {"kim": False, "gerd": True}


def test_countries_by_any_name_are_known_and_an_unknown_one_is_as_none(house):
    numbers = [
        number for (number,) in rows(house, "select address from dim_contact_points where channel = 'sms'")
    ]
    assert sorted(set(numbers)) == ["+33639981234", "+442079460018", "+447700900123", "+447700900777"]
    known = "select country from dim_customers as c join customer_records as r using (customer_id)"
    assert rows(house, f"{known} where record_key in ('emma', 'fleur', 'ines') order by record_key") == [
        ("GB",), ("FR",), (None,),
    ]  # fmt: skip


def test_names_of_any_script_keep_strangers_apart_and_unreadable_ones_agree_with_none(house):
    greek, chinese, stars, lost = (customers(house, "stores", *pair) for pair in (
        ("R-1", "R-2"), ("R-4", "R-5"), ("R-6", "R-7"), ("R-9", "R-10"),
    ))  # fmt: skip
    assert [len(set(pair)) for pair in (greek, chinese, stars, lost)] == [2] * 4


def test_an_order_whose_next_version_has_no_lines_has_none(house):
    assert rows(house, "select order_key from fct_order_lines where channel = 'shop'") == [("shop|guest0",)]


def test_nothing_has_happened_after_it_arrived(house):
    [(newest,)] = rows(house, "select max(last_ordered_at) from dim_customers")
    assert newest < at("2026-03-16 00:00")
    assert rows(house, "select count(*) from dim_customers where birth_year > 2026") == [(0,)]


def test_a_record_with_more_people_than_plausible_is_nobodys_and_is_listed(house):
    assert customers(house, "shop", "TILL-1") == [None]
    assert rows(house, "select channel, stream, record_key, count_values from rpt_implausible_records") == [
        ("shop", "customers", "TILL-1", 12)
    ]


def test_refusals_that_reached_nobody_are_listed_with_the_reason(house):
    found = rows(house, "select status, reason from rpt_unheard_refusals order by all")
    assert found == [("withdrawn", "names_nobody"), ("withdrawn", "nobody_has_the_address")]


def test_an_erasure_by_telephone_reaches_its_number_in_every_country_it_may_be_of(house):
    found = rows(
        house,
        "select p.address from dim_contact_points as p where p.suppression_reason = 'erasure_requested'",
    )
    assert found == [("+33639981234",)]


def test_what_nobody_could_read_is_counted(house):
    found = rows(
        house, "select channel, stream, identifier_type, count_records from rpt_unreadable_identifiers"
    )
    assert found == [("stores", "receipts", "phone", 1)]
