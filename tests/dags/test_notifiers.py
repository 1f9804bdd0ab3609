"""Alerts over a real mail server and a real HTTP server on loopback."""

import asyncio
import email
import json
import socket
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from airflow.sdk import DAG

from include.errors import FixConnection
from omnichannel.notifiers import MailNotifier, WebhookNotifier, tell_late

CANARY = "canary.person@example.com"


class Received:
    """What arrived, by mail and by webhook."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.posts: list[tuple[str, dict[str, str]]] = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 kept"


@pytest.fixture
def received(monkeypatch):
    received = Received()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mail = Controller(received, hostname="127.0.0.1", port=port)
    mail.start()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.posts.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=web.serve_forever, daemon=True).start()
    told = {
        "ALERTS_SMTP": {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "extra": {"to": "on-call@example.org, lead@example.org", "from": "airflow@example.org"},
        },
        "ALERTS_WEBHOOK": {
            "conn_type": "http",
            "host": "127.0.0.1",
            "port": web.server_port,
            "password": "hook-token",
        },
    }
    for name, values in told.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(values))
    yield received
    mail.stop()
    web.shutdown()


def failed(error):
    """The context of a task that has failed for good, as Airflow gives it."""
    ti = SimpleNamespace(
        dag_id="ingest_shop",
        task_id="land_stream",
        rendered_map_index="orders",
        try_number=1,
        start_date=datetime(2026, 3, 17, 0, 1, tzinfo=UTC),
        log_url="http://127.0.0.1:8080/dags/ingest_shop",
    )
    dag = DAG("ingest_shop", schedule=None, doc_md="- *FixConnection*: mend it.", tags=["required"])
    params = {"date": "2026-03-16"}
    return {"ti": ti, "dag": dag, "params": params, "exception": error}


def test_a_failure_is_told_by_mail_and_webhook_alike(received):
    for notifier in (MailNotifier(), WebhookNotifier()):
        notifier(failed(FixConnection("shop_api refused the token")))
    (mail,), ((token, post),) = received.mails, received.posts
    assert mail["Subject"].startswith("[omnichannel] Night of 2026-03-16: ingest_shop")
    assert mail["To"] == "on-call@example.org, lead@example.org"
    body = mail.get_payload(decode=True).decode()
    for said in ("shop_api refused the token", "Held back: nothing of 2026-03-16", "To do: "):
        assert said in body and said.partition(": ")[2] in post["text"]
    assert token == "Bearer hook-token"
    assert post["link"] == "http://127.0.0.1:8080/dags/ingest_shop"


def test_nothing_of_a_persons_row_leaves_in_an_alert(received):
    for notifier in (MailNotifier(), WebhookNotifier()):
        notifier(failed(ValueError(f"cannot parse {CANARY}")))
    assert received.mails and received.posts
    assert CANARY not in received.mails[0].as_string()
    assert CANARY not in str(received.posts)


def test_a_late_run_is_told_the_same_ways(received):
    run = {"dag_id": "build_customer360", "dag_run_id": "scheduled__2026-03-16"}
    asyncio.run(tell_late({"dag_run": run}, hours=8))
    assert "build_customer360 is late" in received.mails[0]["Subject"]
    assert "scheduled__2026-03-16" in received.posts[0][1]["link"]


def test_one_way_that_is_down_does_not_silence_the_other(received, monkeypatch):
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"to": "a@b.c", "from": "d@e.f"}}
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS_SMTP", json.dumps(gone))
    run = {"dag_id": "build_customer360", "dag_run_id": "scheduled__2026-03-16"}
    asyncio.run(tell_late({"dag_run": run}, hours=8))
    assert len(received.posts) == 1


def test_without_a_connection_nobody_is_told_and_the_log_says_so(monkeypatch, capsys):
    from airflow.sdk.exceptions import AirflowNotFoundException

    def missing(conn_id):
        raise AirflowNotFoundException(conn_id)

    monkeypatch.setattr("omnichannel.hooks.connections.connection", missing)
    MailNotifier()(failed(FixConnection("x")))
    assert "No connection alerts_smtp" in "".join(capsys.readouterr())
