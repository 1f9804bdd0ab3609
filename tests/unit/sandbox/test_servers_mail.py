"""The e-mail platform's SMTP door: on disk before the 250, recipients' behaviour beside it."""

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from include.sandbox.access import HOST, Door
from include.sandbox.faults import FaultBoard, FaultRequest
from include.sandbox.mail import Mail
from include.sandbox.received import ReceivedLog
from include.sandbox.servers.smtp import smtp_factory

SENT = datetime(2026, 3, 16, 9, tzinfo=UTC)


def respond(entry, sent_at) -> list[dict]:
    """Everybody accepts and opens at once; nobody@… makes the platform stumble."""
    assert entry["recipient"] != "nobody@example.com"
    return [
        {"event_id": f"{entry['message_id']}-{kind}", "event_type": kind, "occurred_at": sent_at.isoformat(),
         "message_id": entry["message_id"], "recipient": entry["recipient"]}
        for kind in ("accepted", "open")
    ]  # fmt: skip


@dataclass
class Relay:
    """A platform with its door open."""

    folder: Path
    mail: Mail
    faults: FaultBoard
    port: int

    def session(self, password: str = "right") -> smtplib.SMTP:
        session = smtplib.SMTP(HOST, self.port, timeout=5)
        session.login("omnichannel", password)
        return session

    def lines(self) -> list[dict]:
        return list(ReceivedLog(self.folder / "received" / "smtp.jsonl").lines())


@pytest.fixture
def relay(tmp_path) -> Iterator[Relay]:
    mail, faults = Mail(tmp_path, respond, lambda: SENT), FaultBoard()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        factory = smtp_factory(mail, Door(0, "omnichannel", "right"), faults)
        return await asyncio.get_running_loop().create_server(factory, HOST, 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(5)
    yield Relay(tmp_path, mail, faults, server.sockets[0].getsockname()[1])
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def message(number: int = 1, to: str = "ana@example.com", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    values = {
        "From": "Shop <hello@shop.example>", "To": to, "Subject": "Grüße",
        "Message-ID": f"<m{number}@shop.example>", "Date": "Mon, 16 Mar 2026 09:00:00 +0000",
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    for name, value in values.items():
        mail[name] = value
    mail.set_content("Hello")
    return mail


def test_without_the_right_password_nothing_is_taken(relay):
    with pytest.raises(smtplib.SMTPAuthenticationError):
        relay.session("wrong")
    with smtplib.SMTP(HOST, relay.port) as session, pytest.raises(smtplib.SMTPException):
        session.send_message(message())
    assert relay.lines() == []


def test_an_accepted_message_is_in_the_log_with_its_headers(relay):
    with relay.session() as session:
        session.send_message(message(X_Campaign="welcome"))

    (line,) = relay.lines()
    assert line["received"] == 1
    assert line["message_id"] == "m1@shop.example"
    assert line["recipient"] == "ana@example.com"
    assert (line["subject"], line["from"]) == ("Grüße", "Shop <hello@shop.example>")
    assert line["campaign"] == "welcome"
    copy = relay.folder / "received" / "mail" / f"{line['sha256']}.eml"
    assert message_from_bytes(copy.read_bytes())["X-Campaign"] == "welcome"


def test_the_log_is_written_before_the_reply(relay, monkeypatch):
    order: list[str] = []
    append = ReceivedLog.append
    monkeypatch.setattr(ReceivedLog, "append", lambda *a: (append(*a), order.append("logged"))[0])
    with relay.session() as session:
        session.send_message(message())
        order.append("replied")

    assert order == ["logged", "logged", "replied"]


def test_each_recipient_is_a_line_of_its_own(relay):
    with relay.session() as session:
        session.send_message(message(), to_addrs=["ana@example.com", "bob@example.com"])

    assert [line["recipient"] for line in relay.lines()] == ["ana@example.com", "bob@example.com"]


def test_a_drop_after_data_logs_and_says_nothing(relay):
    relay.faults.add(FaultRequest(system="smtp", kind="drop_after_data", every=2).fault())
    with relay.session() as session:
        session.send_message(message(1))
        with pytest.raises(smtplib.SMTPServerDisconnected):
            session.send_message(message(2))

    assert [line["message_id"] for line in relay.lines()] == ["m1@shop.example", "m2@shop.example"]
    relay.faults.clear()
    with relay.session() as session:
        session.send_message(message(3))
    assert len(relay.lines()) == 3


def test_a_refusal_logs_nothing_and_the_next_is_taken(relay):
    relay.faults.add(FaultRequest(system="smtp", kind="refuse_452", every=2).fault())
    with relay.session() as session:
        session.send_message(message(1))
        with pytest.raises(smtplib.SMTPDataError) as refused:
            session.send_message(message(2))
        session.send_message(message(3))

    assert refused.value.smtp_code == 452
    assert [line["message_id"] for line in relay.lines()] == ["m1@shop.example", "m3@shop.example"]


def test_a_platform_that_stumbles_has_accepted_nothing(relay):
    with relay.session() as session, pytest.raises(smtplib.SMTPResponseException):
        session.send_message(message(to="nobody@example.com"))

    assert relay.lines() == []


def test_what_recipients_do_is_stamped_by_the_date_header(relay):
    with relay.session() as session:
        session.send_message(message())

    rows = relay.mail.events().to_pylist()
    assert [row["event_type"] for row in rows] == ["accepted", "open"]
    assert {row["occurred_at"] for row in rows} == {row["_visible_at"] for row in rows} == {SENT}


def test_after_a_crash_what_was_accepted_is_known_and_answered_for(tmp_path):
    log = ReceivedLog(tmp_path / "received" / "smtp.jsonl")
    line = {"message_id": "m1", "recipient": "ana@example.com", "date": "Mon, 16 Mar 2026 09:00:00 +0000"}
    log.append(line)
    with log.path.open("a") as file:
        file.write('{"received": 2, "message')  # the crash came while writing: never answered

    mail = Mail(tmp_path, respond, lambda: SENT)

    assert mail.count == 1
    assert [row["message_id"] for row in mail.events().to_pylist()] == ["m1", "m1"]
    mail.accept([{**line, "message_id": "m3"}])
    assert [m["received"] for m in Mail(tmp_path, respond, lambda: SENT).messages()] == [1, 2]


def test_one_click_unsubscribes_once_and_survives_a_restart(relay):
    header = "<https://shop.example/email/unsubscribe?token=abc>"
    with relay.session() as session:
        session.send_message(message(List_Unsubscribe=header))

    assert relay.mail.unsubscribe("wrong") is None
    assert relay.mail.unsubscribe("abc") == relay.mail.unsubscribe("abc") == "ana@example.com"

    known = Mail(relay.folder, respond, lambda: SENT).events().to_pylist()
    (event,) = [row for row in known if row["event_type"] == "unsubscribe"]
    assert (event["message_id"], event["recipient"]) == ("m1@shop.example", "ana@example.com")
    assert event["occurred_at"] > SENT
