"""No system of the made-up company tells a stranger anything, and none is reached from another machine."""

import json
import smtplib

import httpx
import paramiko
import psycopg
import pytest

from include.sandbox.access import read_doors
from tests.night import listening

PATHS = ("/shop/orders", "/crm/contacts", "/email/events", "/control/health", "/control/faults")


def test_every_system_listens_on_this_machine_alone(servers):
    found = listening([int((servers.settings.sandbox / "server.pid").read_text())])
    assert len(found) >= 5
    assert {address for address, _ in found} == {"127.0.0.1"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}])
def test_without_a_token_an_http_system_says_nothing(servers, path, headers):
    port = read_doors(servers.settings)["web"].port
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30)
    assert answer.status_code in (401, 403, 405)
    assert "example.com" not in answer.text


def test_without_a_token_the_ad_platform_says_nothing(servers):
    known = servers.connections["meta_ads"]
    root = f"http://127.0.0.1:{known['port']}/{known['extra']['api_version']}"
    url = f"{root}/{known['extra']['ad_account_id']}/customaudiences"
    assert httpx.get(url, timeout=30).json()["error"]["code"] == 190


def test_without_a_signature_the_bucket_says_nothing(servers):
    port = servers.connections["shop_events"]["port"]
    for path in ("", "shop-events", "shop-events/web_events/date=2026-03-02/events.ndjson.gz"):
        assert httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=30).status_code == 403


def test_without_a_login_no_mail_is_taken(servers):
    with smtplib.SMTP("127.0.0.1", servers.connections["smtp_relay"]["port"]) as relay:
        relay.ehlo()
        assert relay.mail("a@example.com")[0] == 530


def test_without_a_password_neither_files_nor_rows_are_shown(servers, monkeypatch):
    sftp, stores = servers.connections["mailhouse_sftp"], servers.connections["stores_db"]
    transport = paramiko.Transport(("127.0.0.1", sftp["port"]))
    transport.start_client(timeout=30)
    with pytest.raises(paramiko.SSHException):
        transport.auth_none(sftp["login"])
    transport.close()
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    for user in (stores["login"], "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host="127.0.0.1", port=stores["port"], user=user, dbname="stores", passfile="/none"
            )


def test_what_holds_its_secrets_is_private(servers):
    for name in ("doors.json", "connections.json"):
        path = servers.settings.sandbox / name
        assert json.loads(path.read_text())
        assert path.stat().st_mode & 0o077 == 0
