"""The systems over the generated world: a message sent, a day passed, a restart between."""

import smtplib
from datetime import date
from email.message import EmailMessage

import httpx
import pyarrow.parquet as pq
import pytest

from include import sandbox
from tests.company import FIRST, Company, run_company
from tests.unit.sandbox.conftest import connect


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Company:
    with run_company(tmp_path_factory.mktemp("company") / "var", people=120) as company:
        yield company


def send(company: Company, to: str) -> None:
    relay = company.connections["smtp_relay"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@shop.example", to, "Welcome"
    message["Message-ID"], message["X-Campaign"] = "<w1@shop.example>", "welcome"
    message["Date"] = "Mon, 16 Mar 2026 09:00:00 +0000"
    message["List-Unsubscribe"] = "<https://mail.example/unsubscribe?token=t-1>"
    message.set_content("Hello")
    with smtplib.SMTP(relay.host, relay.port) as session:
        session.login(relay.login, relay.password)
        session.send_message(message)


def events_of(company: Company, message_id: str) -> list[str]:
    """Kinds of events that the platform lists of one message."""
    rows, cursor = [], {}
    while True:
        page = connect(company.settings).get("/email/events", limit=5000, **cursor).json()
        rows += [row["event_type"] for row in page["data"] if row["message_id"] == message_id]
        if page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}


def test_every_stream_of_the_history_has_rows(company):
    servers = connect(company.settings)
    for path in (
        "shop/customers",
        "shop/orders",
        "shop/carts",
        "crm/contacts",
        "crm/consents",
        "email/subscribers",
    ):
        assert servers.get(f"/{path}", limit=1).json()["total"] > 20, path


def test_the_truth_stands_apart_and_names_every_record_listed(company):
    truth = company.settings.sandbox / "truth"
    people = set(pq.read_table(truth / "people.parquet")["person_id"].to_pylist())
    records = pq.read_table(truth / "records.parquet").to_pylist()
    known = {row["record_key"] for row in records if (row["channel"], row["stream"]) == ("crm", "contacts")}
    rows = connect(company.settings).get("/crm/contacts", limit=5000).json()["data"]

    assert {row["person_id"] for row in records} <= people
    assert {row["contact_id"] for row in rows if row["contact_id"]} <= known


def test_what_a_recipient_does_shows_once_its_day_has_come_and_survives_a_restart(company):
    subscriber = connect(company.settings).get("/email/subscribers", limit=1).json()["data"][0]
    send(company, subscriber["email"].strip())
    url = f"{company.connections['email_api'].base_url}/unsubscribe"
    assert httpx.get(url, params={"token": "t-1"}).status_code == 200
    assert events_of(company, "w1@shop.example") == []
    assert httpx.post(url, params={"token": "wrong"}).status_code == 404
    assert httpx.post(url, params={"token": "t-1"}).status_code == 200

    sandbox.start(company.settings)
    sandbox.advance(company.settings, date(2026, 3, 16))

    kinds = events_of(company, "w1@shop.example")
    assert kinds[0] == "accepted"
    assert kinds.count("accepted") == 1
    assert "unsubscribe" in kinds
    assert len(company.received("smtp")) == 1
    assert sandbox.status(company.settings).date > FIRST
