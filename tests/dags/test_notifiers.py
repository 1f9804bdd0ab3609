"""Alerts over a real mail server and a real HTTP server on loopback."""

import asyncio
import email
import json
import logging
import os
import socket
import ssl
import traceback
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from airflow.sdk import DAG
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from include.errors import FixConnection, OmniError, RetryLater
from omnichannel.notifiers import MailNotifier, QuestionNotifier, WebhookNotifier, tell_late

CANARY = "canary.person@example.com"
EXTRA = {"to": "on-call@example.org, lead@example.org", "from": "airflow@example.org"}
SECRET_PATH, PASSWORD = "/services/T0/s3cret-path", "p4ssword-of-alerts"
SECRETS = (SECRET_PATH, "s3cret", PASSWORD, b64encode(PASSWORD.encode()).decode())


class Received:
    """What arrived, by mail and by webhook."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.logins: list[object] = []
        self.mails: list[Message] = []
        self.posts: list[tuple[str, dict[str, str]]] = []

    async def handle_DATA(self, server, session, envelope):
        self.recipients += envelope.rcpt_tos
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
            self.send_response(int(self.path.partition("/answers-")[2] or 204))
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
            "extra": EXTRA | {"disable_tls": True},
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
    (mail, _), ((token, post),) = received.mails, received.posts
    assert received.recipients == ["on-call@example.org", "lead@example.org"]
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
    run = {"dag_id": "build_customer360", "dag_run_id": "scheduled__2026-03-16", "state": "running"}
    asyncio.run(tell_late({"dag_run": run}, hours=8))
    assert "build_customer360 is late" in received.mails[0]["Subject"]
    assert "scheduled__2026-03-16" in received.posts[0][1]["link"]


def test_a_question_is_told_both_ways_and_asked_all_the_same_when_neither_works(received, monkeypatch):
    task = SimpleNamespace(subject="x_to_meta_ads: remove 59. Send it?", response_timeout=timedelta(hours=12))
    context = failed(None) | {"task": task}
    QuestionNotifier()(context)
    assert "asks a person" in received.mails[0]["Subject"]
    assert "remove 59" in received.posts[0][1]["text"]
    for name in ("SMTP", "WEBHOOK"):
        monkeypatch.setenv(f"AIRFLOW_CONN_ALERTS_{name}", json.dumps({"host": "127.0.0.1", "port": 9}))
    QuestionNotifier()(context)


def test_one_way_that_is_down_does_not_silence_the_other(received, monkeypatch):
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"to": "a@b.c", "from": "d@e.f"}}
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS_SMTP", json.dumps(gone))
    run = {"dag_id": "build_customer360", "dag_run_id": "scheduled__2026-03-16", "state": "queued"}
    asyncio.run(tell_late({"dag_run": run}, hours=8))
    assert len(received.posts) == 1


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_has_ended_is_not_late(received, state):
    run = {"dag_id": "build_customer360", "dag_run_id": "scheduled__2026-03-16", "state": state}
    asyncio.run(tell_late({"dag_run": run}, hours=8))
    assert not received.mails and not received.posts


def test_without_a_connection_nobody_is_told_and_the_log_says_so(monkeypatch, capsys):
    monkeypatch.delenv("AIRFLOW_CONN_ALERTS_SMTP", raising=False)
    MailNotifier()(failed(FixConnection("x")))
    assert "No connection alerts_smtp" in "".join(capsys.readouterr())


def told_in_vain(notifier, connection, monkeypatch, caplog, capsys):
    """The error of a notifier that cannot deliver, and all that its log shows of it."""
    monkeypatch.setenv(f"AIRFLOW_CONN_{notifier.conn_id.upper()}", json.dumps(connection))
    with caplog.at_level(logging.INFO), pytest.raises(OmniError) as caught:
        notifier(failed(FixConnection("x")))
    logging.getLogger("task").error("callback failed", exc_info=caught.value)
    said = "".join([*traceback.format_exception(caught.value), caplog.text, *capsys.readouterr()])
    assert "callback failed" in said and notifier.conn_id in said
    assert [secret for secret in SECRETS if secret in said] == []
    return caught.value


@pytest.mark.parametrize(("status", "kind"), [(302, FixConnection), (404, FixConnection), (503, RetryLater)])
def test_a_webhook_that_refuses_is_told_by_its_status_alone(
    received, status, kind, monkeypatch, caplog, capsys
):
    where = json.loads(os.environ["AIRFLOW_CONN_ALERTS_WEBHOOK"]) | {"password": PASSWORD}
    where["extra"] = {"base_path": f"{SECRET_PATH}/answers-{status}"}
    error = told_in_vain(WebhookNotifier(), where, monkeypatch, caplog, capsys)
    assert type(error) is kind and str(error) == f"alerts_webhook: it answered {status}"
    assert received.posts[0][0] == f"Bearer {PASSWORD}", "it was the right one that refused"


@pytest.mark.parametrize(
    "changed", [{"port": 9}, {"host": "http://127.0.0.1:no-port"}, {"password": "\n" + PASSWORD}]
)
def test_a_webhook_that_cannot_be_reached_is_told_without_its_secrets(
    received, changed, monkeypatch, caplog, capsys
):
    where = json.loads(os.environ["AIRFLOW_CONN_ALERTS_WEBHOOK"]) | {"password": PASSWORD} | changed
    where["extra"] = {"base_path": SECRET_PATH}
    told_in_vain(WebhookNotifier(), where, monkeypatch, caplog, capsys)
    assert received.posts == []


@contextmanager
def relay(received, **options):
    """A mail server that knows one password, or `options` of its own."""

    def authenticate(_server, _session, _envelope, _how, data):
        received.logins.append(data)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"authenticator": authenticate, "auth_required": True} | options
    running = Controller(received, hostname="127.0.0.1", port=port, **options)
    running.start()
    try:
        yield {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "login": "alerts",
            "password": PASSWORD,
        }
    finally:
        running.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that only those trust who are told to, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "relay.pem").write_bytes(made.public_bytes(Encoding.PEM))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "relay.key").write_bytes(key.private_bytes(*form))
    return folder / "relay.pem"


@pytest.fixture
def tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return {"tls_context": context, "require_starttls": True}


def test_mail_goes_over_tls_to_a_relay_that_proves_who_it_is(received, certificate, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with relay(received, **tls) as where:
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS_SMTP", json.dumps(where | {"extra": EXTRA}))
        MailNotifier()(failed(FixConnection("x")))
    assert len(received.mails) == 2 and received.logins


def test_a_relay_that_cannot_prove_who_it_is_gets_no_login(received, tls, monkeypatch, caplog, capsys):
    with relay(received, **tls) as where:
        error = told_in_vain(MailNotifier(), where | {"extra": EXTRA}, monkeypatch, caplog, capsys)
    assert isinstance(error, FixConnection) and "certificate is not valid: self-signed" in str(error)
    assert received.logins == received.mails == []


def test_a_relay_without_tls_gets_no_login(received, monkeypatch, caplog, capsys):
    with relay(received, auth_require_tls=False) as where:
        error = told_in_vain(MailNotifier(), where | {"extra": EXTRA}, monkeypatch, caplog, capsys)
    assert isinstance(error, FixConnection) and "STARTTLS" in str(error)
    assert received.logins == received.mails == []


def test_a_login_without_tls_is_for_this_machine_alone(received, monkeypatch, caplog, capsys):
    extra = EXTRA | {"disable_tls": True}
    with relay(received, auth_require_tls=False) as where:
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS_SMTP", json.dumps(where | {"extra": extra}))
        MailNotifier()(failed(FixConnection("x")))
    assert len(received.mails) == 2 and received.logins
    away = where | {"host": "192.0.2.1", "extra": extra}
    error = told_in_vain(MailNotifier(), away, monkeypatch, caplog, capsys)
    assert isinstance(error, FixConnection) and "for loopback alone" in str(error)


def test_a_refused_login_is_told_without_the_password(received, monkeypatch, caplog, capsys):
    with relay(
        received, auth_require_tls=False, authenticator=lambda *_: AuthResult(success=False, handled=False)
    ) as where:
        extra = EXTRA | {"disable_tls": True}
        error = told_in_vain(MailNotifier(), where | {"extra": extra}, monkeypatch, caplog, capsys)
    assert isinstance(error, FixConnection) and "login refused" in str(error)


@pytest.mark.parametrize(
    ("notifier", "given", "named"),
    [
        (MailNotifier, {"conn_type": "smtp", "host": "127.0.0.1", "extra": {"from": "a@b.c"}}, "extra.to"),
        (WebhookNotifier, {"conn_type": "http"}, "host"),
    ],
)
def test_an_alert_connection_that_lacks_a_field_is_named(monkeypatch, notifier, given, named):
    monkeypatch.setenv(f"AIRFLOW_CONN_{notifier.conn_id.upper()}", json.dumps(given))
    with pytest.raises(FixConnection, match=f"{notifier.conn_id}: it has no {named}"):
        notifier().notify(failed(None))
