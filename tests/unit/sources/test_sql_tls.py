"""A real PostgreSQL with TLS, reached as another machine: who does not prove itself gets no login."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import make_url

from include.channels import load_channels
from include.connections import Connection
from include.errors import FixConnection, OmniError, RetryLater
from include.ledger.engine import open_ledger
from include.postgres_tls import fault, is_local, tls_of, tls_of_url
from include.settings import Settings
from include.sources import sql
from tests.fixtures import postgres
from tests.fixtures.postgres import LOGIN, PASSWORD
from tests.fixtures.tls import Authority, Front, away, listening
from tests.unit.sources.test_sql import TABLE, span

RETURNS = load_channels()["stores"].streams["returns"]


@dataclass
class Server:
    """A real PostgreSQL behind a door that speaks TLS for it; the connection leads to it as off loopback."""

    front: Front
    authority: Authority

    def prove(self, certificate: Path | None) -> None:
        self.front.certificate = certificate

    def connection(self, host: str = "", **extra: Any) -> Connection:
        address = (host or away(), self.front.port)
        return Connection("stores_db", "postgres", *address, LOGIN, PASSWORD, "branches", extra)

    def url(self, query: str = "", driver: str = "psycopg", host: str = "") -> str:
        login = f"{LOGIN}:{quote(PASSWORD, safe='')}"
        return f"postgresql+{driver}://{login}@{host or away()}:{self.front.port}/branches{query}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ExitStack() as stack:
        running = stack.enter_context(postgres.server())
        with psycopg.connect(running.create("branches").replace("+psycopg", "")) as owner:
            owner.execute(TABLE)
        front = stack.enter_context(Front.before(running.port))
        yield Server(front, Authority(tmp_path_factory.mktemp("authority")))


@pytest.fixture
def proven(server: Server) -> Server:
    """With the certificate that is right."""
    server.prove(server.authority.issue(away()))
    return server


@pytest.fixture(autouse=True)
def _no_authority_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def read(connection: Connection) -> list[Any]:
    return list(sql.read(RETURNS, connection, span(Settings())))


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", ""])
def test_a_server_of_the_authority_that_is_named_is_read_over_tls(proven: Server, mode: str) -> None:
    extra = {"sslrootcert": str(proven.authority.file)} | ({"sslmode": mode} if mode else {})
    assert read(proven.connection(**extra)) == []
    said: dict[str, Any] = {**tls_of(proven.connection(**extra)), "host": away(), "port": proven.front.port}
    with psycopg.connect(**said, user=LOGIN, password=PASSWORD, dbname="branches") as session:
        assert session.pgconn.ssl_in_use


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "Verify-Full", "none"])
def test_a_mode_that_proves_nothing_is_refused_before_anybody_is_called(mode: str) -> None:
    with listening(away()) as line:
        connection = Connection("stores_db", "postgres", line.host, line.port, LOGIN, PASSWORD, "stores")
        with pytest.raises(FixConnection, match=r"extra\.sslmode must be verify-full or verify-ca"):
            read(replace(connection, extra={"sslmode": mode}))
        assert line.calls == 0


def test_any_server_of_a_public_authority_is_no_proof(server: Server) -> None:
    for extra in ({}, {"sslrootcert": "system"}):
        with pytest.raises(FixConnection, match=r"needs one of your own in extra\.sslrootcert"):
            read(server.connection(sslmode="verify-ca", **extra))


@pytest.mark.parametrize("extra", [{}, {"sslmode": "verify-full"}, {"sslrootcert": "system"}])
def test_without_an_authority_those_of_the_system_are_asked_and_do_not_know_ours(
    proven: Server, extra: dict[str, str]
) -> None:
    with pytest.raises(FixConnection, match="stores_db: its certificate is not valid"):
        read(proven.connection(**extra))


def test_what_the_system_trusts_is_found_though_the_driver_brings_its_own_libraries(
    proven: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(proven.authority.file))
    assert read(proven.connection()) == read(proven.connection(sslrootcert="system")) == []


BAD = [
    ({"days": -1}, "its certificate is not valid"),
    ({"self_signed": True}, "its certificate is not valid"),
    ({"host": "other.example"}, "its certificate is not valid: does not match host name"),
]


@pytest.mark.parametrize(("changed", "said"), BAD)
def test_a_certificate_that_proves_nothing_is_the_connections_matter(
    server: Server, changed: dict[str, Any], said: str
) -> None:
    told = {k: v for k, v in changed.items() if k != "host"}
    server.prove(server.authority.issue(changed.get("host", away()), **told))
    root = str(server.authority.file)
    with pytest.raises(FixConnection, match=said) as caught:
        read(server.connection(sslrootcert=root))
    assert PASSWORD not in str(caught.value) and caught.value.__suppress_context__
    with pytest.raises(FixConnection, match="OMNI_LEDGER_URL .*" + said):
        open_ledger(Settings(ledger_url=server.url(f"?sslmode=verify-full&sslrootcert={root}")))


def test_a_name_is_not_asked_for_where_only_the_authority_is(server: Server) -> None:
    server.prove(server.authority.issue("other.example"))
    assert read(server.connection(sslrootcert=str(server.authority.file), sslmode="verify-ca")) == []


def test_a_server_without_tls_gets_no_login_but_from_this_machine(server: Server) -> None:
    server.prove(None)
    with pytest.raises(FixConnection, match="it offers no TLS"):
        read(server.connection(sslrootcert=str(server.authority.file)))
    for extra in ({}, {"sslmode": "disable"}, {"sslmode": "prefer"}):
        assert read(server.connection("127.0.0.1", **extra)) == []


def test_settings_of_this_machine_are_honoured_too(proven: Server) -> None:
    strict = {"sslmode": "verify-full", "sslrootcert": str(proven.authority.file)}
    with pytest.raises(FixConnection, match="does not match host name"):
        read(proven.connection("127.0.0.1", **strict))
    assert read(proven.connection("127.0.0.1", **strict | {"sslmode": "verify-ca"})) == []


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"sslrootcert": "/no/such/file"}, "sslrootcert names a file that is not there"),
        ({"sslcert": __file__, "sslkey": __file__}, "sslcert or sslkey cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_by_its_field(
    proven: Server, extra: dict[str, str], said: str
) -> None:
    with pytest.raises(FixConnection, match=said):
        read(proven.connection(**{"sslrootcert": str(proven.authority.file), **extra}))


def test_what_lies_in_a_home_folder_is_never_shown(
    proven: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psycopg/psycopg2#1535: an unreadable ~/.postgresql/postgresql.crt ended every session."""
    (tmp_path / ".postgresql").mkdir()
    for name in ("postgresql.crt", "postgresql.key"):
        (tmp_path / ".postgresql" / name).write_text("nothing that can be read")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(proven.connection(sslrootcert=str(proven.authority.file))) == []


@pytest.mark.parametrize("variable", ["PGSSLMODE", "PGSSLROOTCERT", "PGGSSENCMODE"])
def test_no_variable_weakens_it(server: Server, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    server.prove(None)
    monkeypatch.setenv(variable, {"PGSSLMODE": "disable", "PGGSSENCMODE": "prefer"}.get(variable, "system"))
    with pytest.raises(FixConnection, match="it offers no TLS"):
        read(server.connection(sslrootcert=str(server.authority.file)))


def test_a_server_that_is_down_is_still_tried_again(server: Server) -> None:
    with pytest.raises(RetryLater):
        read(replace(server.connection(sslrootcert=str(server.authority.file)), port=1))


@pytest.mark.parametrize(
    ("query", "driver", "host"),
    [
        ("", "psycopg", ""),
        ("?sslmode=require", "psycopg", ""),
        ("?sslmode=prefer", "psycopg2", ""),
        ("?sslmode=verify-ca", "psycopg", ""),
        ("?sslmode=verify-full", "pg8000", ""),
        ("?host=db.example", "psycopg", "127.0.0.1"),
        ("?hostaddr=192.0.2.9", "psycopg", "localhost"),
        ("?host=127.0.0.1:1&host=db.example:5432", "psycopg", "127.0.0.1"),
        ("?service=elsewhere", "psycopg", "127.0.0.1"),
        ("", "psycopg", "localhost,db.example"),
    ],
)
def test_a_ledger_off_loopback_must_prove_who_it_is(
    server: Server, query: str, driver: str, host: str
) -> None:
    with pytest.raises(FixConnection, match="OMNI_LEDGER_URL") as caught:
        open_ledger(Settings(ledger_url=server.url(query, driver, host)))
    assert "off loopback" in str(caught.value) and PASSWORD not in str(caught.value)


def test_a_ledger_that_proves_itself_is_opened(proven: Server) -> None:
    root = proven.authority.file
    for mode in ("verify-full", "verify-ca"):
        engine = open_ledger(Settings(ledger_url=proven.url(f"?sslmode={mode}&sslrootcert={root}")))
        with engine.connect() as db:
            assert db.connection.driver_connection.pgconn.ssl_in_use  # type: ignore[union-attr]
        engine.dispose()


@pytest.mark.parametrize("host", ["/var/run/postgresql", "@postgres", "", "127.0.0.1", "::1"])
def test_a_unix_socket_is_this_machine(host: str) -> None:
    assert is_local(host)
    assert tls_of(Connection("stores_db", "postgres", host)) == {}


def test_a_ledger_behind_a_socket_needs_no_tls(tmp_path: Path) -> None:
    with pytest.raises(OmniError, match="no database answers there"):
        open_ledger(Settings(ledger_url=f"postgresql+psycopg://ledger@/ledger?host={tmp_path}"))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (
            "SSL error: certificate verify failed: certificate has expired",
            "not valid: certificate has expired",
        ),
        ("SSL error: certificate verify failed", "certificate is not valid"),
        ('server certificate for "a" (and 1 other name) does not match host name "b"', "does not match host"),
        ('root certificate file "/x/root.crt" does not exist\nEither provide the file', "not there"),
        ("server does not support SSL, but SSL was required", "offers no TLS"),
        ("SSL error: tlsv13 alert certificate required", "refuses our certificate"),
        ("SSL error: wrong version number", "no TLS that we accept"),
        ('private key file "/x" has group or world access; file must have', "sslkey cannot be used"),
    ],
)
def test_the_words_of_the_driver_are_known(said: str, means: str) -> None:
    found = fault(f'connection to server at "db.example", port 5432 failed: {said}\n')
    assert found is not None and means in found
    assert fault("server closed the connection unexpectedly") is None
    assert fault('FATAL:  database "x" does not exist') is None


@pytest.mark.parametrize("variable", ["PGHOSTADDR", "PGSERVICE"])
def test_no_variable_leads_a_connection_to_this_machine_elsewhere(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "192.0.2.9")
    assert tls_of(Connection("stores_db", "postgres", "localhost"))["sslmode"] == "verify-full"
    with pytest.raises(FixConnection, match="off loopback"):
        tls_of_url("OMNI_LEDGER_URL", make_url("postgresql+psycopg://localhost/ledger"))


def test_a_url_without_a_host_goes_where_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url("postgresql+psycopg:///ledger")
    assert tls_of_url("OMNI_LEDGER_URL", url) == {}
    monkeypatch.setenv("PGHOST", "db.example")
    with pytest.raises(FixConnection, match="off loopback"):
        tls_of_url("OMNI_LEDGER_URL", url)
