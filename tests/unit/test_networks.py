"""Off loopback nothing leaves without TLS that verifies, and by no proxy that no connection names."""

import json
import re
import ssl
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import certifi
import pytest
import s3fs

from include.channels import load_channels
from include.connections import Connection
from include.destinations import load_destinations
from include.errors import FixConnection, OmniError, RetryLater
from include.lake.store import Store
from include.networks import is_loopback, proxy_of, require_tls, root_certificates
from include.senders.base import Refused
from include.senders.transports.graph import GraphTransport
from include.senders.transports.smtp import SmtpTransport
from include.settings import ROOT, Settings
from include.sources import files, rest
from include.sources.interval import interval
from include.sources.places import place_of
from omnichannel.notifiers import WebhookNotifier
from tests.fixtures.tls import Authority, away, listening

SECRET = "s3cret-of-the-connection"
CHANNELS = load_channels()
META = load_destinations()["meta_ads"]
PAGE = json.dumps({"data": [], "next_cursor": None, "total": 0}).encode()
OVER_HTTP = ("rest", "files", "graph", "webhook")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _no_authority_by_variable(monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def http_answer(body=PAGE):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


def call(use, url, **extra):
    """Reach `url` as one part of the platform does; what it answers is another matter."""
    if use == "rest":
        connection = Connection("shop_api", "http", url, password=SECRET, extra={"timeout": 3, **extra})
        list(rest.read(CHANNELS["crm"].streams["contacts"], connection, span()))
    elif use == "files":
        place = {"bucket": "events", "endpoint_url": url, "timeout": 3, **extra}
        connection = Connection("shop_events", "aws", login="key", password=SECRET, extra=place)
        list(files.read(CHANNELS["shop"].streams["web_events"], connection, span()))
    elif use == "graph":
        held = {"ad_account_id": "act_1", "app_secret": SECRET, **extra}
        connection = Connection("meta_ads", "http", url, password=SECRET, extra=held)
        with closing(GraphTransport(META, connection, 3)) as graph:
            graph.create("customaudiences", {})
    else:
        alert = SimpleNamespace(facts=lambda: {"text": "a night is late"})
        WebhookNotifier().deliver(
            alert, Connection("alerts_webhook", "http", url, password=SECRET, extra=extra)
        )


def span():
    return interval(Settings(), [], date(2026, 3, 15))


def mail(host, port, **extra):
    relay = Connection("relay", "smtp", host, port, login="us", password=SECRET, extra=extra)
    with closing(SmtpTransport(relay, 3)) as transport:
        transport.deliver("a@x.example", "b@x.example", b"x")


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LocalHost", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.nip.io", False),
        ("localhost,evil.example", False),
        ("127.1", False),
        ("2130706433", False),
        ("", False),
    ],
)
def test_loopback_is_what_its_text_says_and_nothing_that_a_resolver_may_change(host, is_here):
    assert is_loopback(host) is is_here


@pytest.mark.parametrize("use", OVER_HTTP)
@pytest.mark.parametrize("secret", [SECRET, ""])
def test_nothing_is_asked_in_the_clear_of_another_machine(use, secret, monkeypatch):
    monkeypatch.setattr(f"{__name__}.SECRET", secret)
    with listening(away()) as line:
        with pytest.raises(FixConnection, match=r"must begin with https://|are required"):
            call(use, f"http://{line.host}:{line.port}")
        assert line.calls == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example",
        "http://127.0.0.1.nip.io",
        "http://127.0.0.1@evil.example",
        "http://0.0.0.0",
        "http://user@127.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://[::1",
        "http://xn--/",
    ],
)
def test_an_address_that_only_looks_like_this_machine_is_refused(url):
    with pytest.raises(FixConnection):
        require_tls(Connection("shop_api", "http"), url)


def test_mail_without_tls_is_for_this_machine_alone_with_a_login_or_not():
    with listening(away(), greeting=b"220 relay\r\n") as line:
        for login in ("us", ""):
            relay = Connection("r", "smtp", line.host, line.port, login, login, extra={"disable_tls": True})
            with pytest.raises(FixConnection, match="for loopback alone"):
                SmtpTransport(relay, 3, needs_login=False).deliver("a@x.example", "b@x.example", b"x")
        assert line.calls == 0


BAD = {
    "expired": ({"days": -1}, "expired"),
    "self-signed": ({"self_signed": True}, "self-signed"),
    "of another name": ({"hosts": ("other.example",)}, "IP address mismatch"),
}


def issued(authority, kind):
    changed, said = BAD[kind]
    hosts = changed.get("hosts", (away(),))
    return authority.issue(*hosts, **{k: v for k, v in changed.items() if k != "hosts"}), said


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("use", OVER_HTTP)
def test_a_certificate_that_proves_nothing_is_the_connections_matter(use, kind, authority):
    certificate, said = issued(authority, kind)
    with listening(away(), certificate, http_answer()) as line:
        with pytest.raises(FixConnection, match="its certificate is not valid: .*" + said):
            call(use, f"https://{line.host}:{line.port}", ca_file=str(authority.file))
        assert line.calls and line.said == [], "nothing was said to it"


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("from_the_start", [True, False])
def test_a_relay_whose_certificate_proves_nothing_gets_no_login(kind, from_the_start, authority, monkeypatch):
    certificate, said = issued(authority, kind)
    greeting = b"" if from_the_start else b"220 relay\r\n"
    with listening(away(), certificate, greeting=greeting) as line:
        if from_the_start:
            monkeypatch.setattr("include.senders.transports.smtp.TLS_FROM_THE_START", line.port)
        with pytest.raises(FixConnection, match="its certificate is not valid: .*" + said):
            mail(line.host, line.port, ca_file=str(authority.file))
        assert line.calls and line.said == []


@pytest.mark.parametrize("use", OVER_HTTP)
def test_a_server_of_an_authority_that_the_connection_names_is_spoken_to(use, authority):
    with listening(away(), authority.issue(away()), http_answer()) as line:
        with suppress(OmniError):  # the answer fits one of them alone
            call(use, f"https://{line.host}:{line.port}", ca_file=str(authority.file))
        assert line.said and line.said[0].startswith((b"GET ", b"POST "))
        with pytest.raises(FixConnection, match="certificate is not valid"):
            call(use, f"https://{line.host}:{line.port}")


@pytest.mark.parametrize("use", OVER_HTTP)
def test_an_authority_may_be_named_for_all_connections_at_once(use, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with listening(away(), authority.issue(away()), http_answer()) as line:
        with suppress(OmniError):
            call(use, f"https://{line.host}:{line.port}")
        assert line.said


@pytest.mark.parametrize("use", OVER_HTTP)
def test_a_file_of_authorities_that_is_not_there_is_named(use, tmp_path):
    with pytest.raises(FixConnection, match="ca_file"):
        call(use, "https://127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))
    (tmp_path / "empty.pem").write_text("no certificate")
    if use != "files":
        with pytest.raises(FixConnection, match="holds no certificates"):
            call(use, "https://127.0.0.1:1", ca_file=str(tmp_path / "empty.pem"))


VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that every variable names."""
    with listening("127.0.0.1") as line:
        for name in VARIABLES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{line.port}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        yield line


@pytest.mark.parametrize("use", OVER_HTTP)
def test_no_variable_leads_through_a_proxy(use, proxy):
    with listening("127.0.0.1", answer=http_answer()) as line:
        with suppress(OmniError):
            call(use, f"http://127.0.0.1:{line.port}")
        assert line.said and proxy.calls == 0


@pytest.mark.parametrize("use", OVER_HTTP)
def test_a_proxy_that_the_connection_names_is_used_and_sees_no_more_than_a_name(use):
    with listening("127.0.0.1", answer=b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n") as named:
        with pytest.raises((RetryLater, FixConnection)):
            call(use, "https://api.shop.example", proxy=f"http://127.0.0.1:{named.port}")
        assert named.said and all(said.startswith(b"CONNECT ") for said in named.said)
        assert SECRET.encode() not in b"".join(named.said)


@pytest.mark.parametrize("use", OVER_HTTP)
def test_with_a_proxy_loopback_is_the_proxys_and_needs_tls(use):
    with listening("127.0.0.1") as named:
        with pytest.raises(FixConnection, match="must begin with https://"):
            call(use, "http://127.0.0.1:8000", proxy=f"http://127.0.0.1:{named.port}")
        assert named.calls == 0


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "socks5://127.0.0.1", "http://u:p@proxy.example", "http://[::1"]
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_field(proxy):
    with pytest.raises(FixConnection, match=r"extra\.proxy") as caught:
        proxy_of(Connection("shop_api", "http", extra={"proxy": proxy}))
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_no_variable_leads_the_files_of_a_source_to_another_endpoint(variable, monkeypatch):
    place = Connection("shop_events", "aws", login="key", password=SECRET, extra={"bucket": "events"})
    monkeypatch.setenv(variable, "http://evil.example:1234")
    fs = place_of(place).fs
    fs.connect()
    assert fs.s3.meta.endpoint_url.startswith("https://s3.") and "evil" not in fs.s3.meta.endpoint_url


@pytest.fixture
def s3_variables(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    s3fs.S3FileSystem.clear_instance_cache()  # it keeps the endpoint that it has read once


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_a_lake_behind_a_plain_endpoint_is_refused_wherever_that_was_said(
    variable, s3_variables, monkeypatch, tmp_path
):
    with listening(away()) as line:
        monkeypatch.setenv(variable, f"http://{line.host}:{line.port}")
        with pytest.raises(FixConnection, match="OMNI_LAKE_URL: its endpoint must begin with https://"):
            Store("s3://lake/rows", tmp_path)
        assert line.calls == 0


def test_a_lake_on_this_machine_is_reached_by_no_proxy_of_a_variable(
    s3_variables, proxy, monkeypatch, tmp_path
):
    with listening("127.0.0.1", answer=http_answer(b"")) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{line.port}")
        with suppress(Exception):
            Store("s3://lake/rows", tmp_path).exists("lake/rows/x")
        assert line.said and proxy.calls == 0


def test_a_lake_whose_certificate_is_not_checked_is_refused(s3_variables, monkeypatch, tmp_path):
    import fsspec

    monkeypatch.setitem(fsspec.config.conf, "s3", {"client_kwargs": {"verify": False}})
    with pytest.raises(FixConnection, match="OMNI_LAKE_URL: FSSPEC_S3"):
        Store("s3://lake/rows", tmp_path)


@pytest.mark.parametrize(
    "url", ["http://lake.example/x", "ftp://lake.example/x", "sftp://lake.example/x", "hdfs://x/y"]
)
def test_a_lake_by_a_protocol_that_verifies_nobody_is_refused(url, tmp_path):
    with pytest.raises(FixConnection, match="OMNI_LAKE_URL must begin with one of s3://"):
        Store(url, tmp_path)


def test_every_client_of_http_leaves_proxies_to_connections():
    asked = re.compile(r"httpx\.(?:get|post|put|request|stream|Client)\((?:[^()]|\([^()]*\))*\)")
    files = [file for room in ("include", "plugins", "ops", "dags") for file in (ROOT / room).rglob("*.py")]
    calls = [call for file in files for call in asked.findall(file.read_text(encoding="utf-8"))]
    assert len(calls) >= 2
    assert [call for call in calls if "trust_env=False" not in call] == []


def test_a_relay_is_not_asked_about_an_address_that_may_be_a_command():
    with listening("127.0.0.1") as line:
        relay = Connection("r", "smtp", line.host, line.port, extra={"disable_tls": True})
        for recipient in ("-oX@x.example", "|id@x.example", "a%b@x.example"):
            with pytest.raises(Refused, match="for a command or a route"):
                SmtpTransport(relay, 3, needs_login=False).deliver("a@x.example", recipient, b"x")
        assert line.calls == 0


def test_a_machine_without_authorities_of_its_own_takes_those_of_certifi(monkeypatch):
    """docker-library/postgres#1331: an image without ca-certificates trusts nobody."""
    nowhere = ssl.DefaultVerifyPaths(None, None, "SSL_CERT_FILE", "", "SSL_CERT_DIR", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    assert root_certificates() == certifi.where()
    monkeypatch.undo()
    assert Path(root_certificates()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE") > 10
