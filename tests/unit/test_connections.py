"""What is wrong with a connection is said with the field, an example for its use, and where to set it."""

import contextlib
import json
import socket
import ssl
import threading
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from include.channels import load_channels
from include.connections import Connection, checked, examples_of, from_environment, missing
from include.destinations import load_destinations
from include.errors import FixConnection, FixSource, RetryLater
from include.senders import base
from include.settings import Settings
from include.sources.interval import interval

STREAMS = [s for c in load_channels().values() for s in c.top_streams()]
READERS = {s.source.kind: s for s in reversed(STREAMS)}
SENDERS = {d.sender: d for d in load_destinations().values()}
USES = {**READERS, **SENDERS}
SECRET = "s3cret-of-the-connection"


def module(use):
    return import_module(f"include.{'sources' if use in READERS else 'senders'}.{use}")


def use(name, connection):
    """Reach the other side as the platform does."""
    connection = checked(connection)
    if name in READERS:
        span = interval(Settings(), [], date(2026, 3, 15))
        return list(module(name).read(READERS[name], connection, span))
    with module(name).connect(SENDERS[name], connection, 3) as transport:
        if name == "smtp_email":
            return transport.deliver("a@x.example", "b@x.example", b"x")
        return transport.find("/x") if name == "sftp_file" else transport.listed("customaudiences", {})


def of(example, **changed):
    """A connection like an example, on a port of this machine where nothing listens."""
    fields = {"host": "127.0.0.1", "port": 1} if "host" in example else {}
    return Connection("shop_api", **{**example, **fields, **changed})


def test_there_are_uses_and_each_brings_its_own_example():
    files = {p.stem for p in Path(base.__file__).parent.glob("*.py")} - {"__init__", "base"}
    assert set(USES) == files | {"rest", "sql", "files"}
    for name in USES:
        assert module(name).EXAMPLES, name


@pytest.mark.parametrize("name", USES)
def test_an_example_is_found_by_the_connection_that_is_declared(name):
    conn_id = USES[name].connection
    assert set(map(str, module(name).EXAMPLES)) <= set(map(str, examples_of(conn_id)))
    said = str(missing(conn_id))
    first = said.splitlines()[0]
    assert first.startswith(f"{conn_id}: there is no connection {conn_id}, or it cannot be read.")
    assert "Admin > Connections" in first and f"AIRFLOW_CONN_{conn_id.upper()}" in first and len(first) < 300
    for example in module(name).EXAMPLES:
        assert f"For example: {json.dumps(example)}" in said


def test_a_connection_that_nothing_declares_is_missing_without_an_example():
    assert "For example" not in str(missing("nobody_declares_this")) and examples_of("nobody") == []


@pytest.mark.parametrize("name", USES)
def test_an_example_is_a_connection_as_it_stands(name, monkeypatch):
    for example in module(name).EXAMPLES:
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(example))
        read = from_environment("shop_api")
        for field in set(example) & {"host", "port", "login", "password", "schema", "extra"}:
            assert getattr(read, field) == example[field]


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("held", [{}, {"conn_type": "generic"}, {"conn_type": "aws"}, {"conn_type": "fs"}])
def test_an_empty_connection_is_the_connections_matter(name, held):
    empty = Connection(USES[name].connection, **{"conn_type": "", **held})
    with pytest.raises(FixConnection) as caught:
        use(name, empty)
    said = str(caught.value)
    assert "Admin > Connections" in said and 'For example: {"conn_type": ' in said
    if held.get("conn_type") == "generic":
        assert "its type is generic, expected" in said


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("other", USES)
def test_a_connection_of_another_use_crashes_nothing(name, other):
    for example in module(other).EXAMPLES:
        with pytest.raises((FixConnection, RetryLater)) as caught:
            use(name, of(example, password=SECRET))
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("rest", {"host": ""}),
        ("rest", {"host": "ftp://127.0.0.1"}),
        ("rest", {"host": "http://[::1"}),
        ("rest", {"host": "http://" + "a" * 64 + ".example.com"}),
        ("sftp_file", {"host": "two words"}),
        ("sql", {"host": "db..example.com"}),
        ("smtp_email", {"port": 99999}),
        ("rest", {"extra": {"timeout": "soon"}}),
        ("rest", {"password": f"{SECRET}\n"}),
        ("rest", {"password": f"{SECRET}ü"}),
        ("sql", {"host": ""}),
        ("sql", {"schema": ""}),
        ("sql", {"extra": {"timeout": "soon"}}),
        ("smtp_email", {"host": ""}),
        ("smtp_email", {"password": f"{SECRET}ü", "extra": {"disable_tls": True}}),
        ("meta_audience", {"host": ""}),
        ("meta_audience", {"password": f"{SECRET}\n"}),
    ],
)
def test_what_can_never_work_is_not_tried_again(name, changed):
    example = module(name).EXAMPLES[0]
    extra = {**example["extra"], "ad_account_id": "act_1"}
    with pytest.raises(FixConnection) as caught:
        use(name, of(example, **{"extra": extra, **changed}))
    assert SECRET not in "".join([str(caught.value), str(caught.value.__cause__ or "")])


BUCKET = {"bucket": "events", "endpoint_url": "http://127.0.0.1:1", "timeout": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"endpoint_url": "127.0.0.1:9000"}, "endpoint_url must begin with"),
        ({"endpoint_url": "http://[::1"}, "endpoint_url is no address"),
        ({"region_name": "no region"}, "InvalidRegionError"),
        ({"bucket": "No Bucket!"}, "ParamValidationError"),
        ({"timeout": "soon"}, "extra.timeout must be a number"),
    ],
)
def test_a_bucket_that_can_never_be_read_is_not_tried_again(changed, said):
    with pytest.raises(FixConnection, match=said):
        use("files", Connection("shop_events", "aws", login="a", password="b", extra=BUCKET | changed))


def test_a_folder_that_is_not_there_is_never_read_as_empty(tmp_path):
    place = Connection("shop_events", "fs", extra={"path": str(tmp_path / "not mounted")})
    with pytest.raises(FixConnection, match=r"the folder .*not mounted is not there on the machine"):
        use("files", place)
    (tmp_path / "not mounted").mkdir()
    with pytest.raises(FixSource, match="holds no file like"):
        use("files", place)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no connection"),
        ("", "holds no connection in JSON"),
        (f'{{"password": "{SECRET}"', "holds no connection in JSON"),
        (f'["{SECRET}"]', "holds no connection in JSON"),
        (f'{{"password": "{SECRET}", "extra": "{{"}}', "holds no connection in JSON"),
        (f'{{"password": "{SECRET}", "port": "high"}}', "holds no connection in JSON"),
        (
            f'{{"password": "{SECRET}", "conn_type": "http", "extra": ["{SECRET}"]}}',
            "extra must be a JSON object",
        ),
    ],
)
def test_a_variable_that_is_no_connection_is_named_without_its_secrets(monkeypatch, text, said):
    monkeypatch.delenv("AIRFLOW_CONN_SHOP_API", raising=False)
    if text is not None:
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", text)
    with pytest.raises(FixConnection, match=said) as caught:
        from_environment("shop_api")
    assert SECRET not in str(caught.value) and caught.value.__cause__ is None


def test_a_variable_may_hold_its_extra_and_its_port_as_text(monkeypatch):
    values = {"conn_type": "http", "host": "x", "port": "80", "extra": '{"base_path": "/v1"}', "schema": None}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(values))
    assert from_environment("shop_api").base_url == "http://x:80/v1"


def test_a_variable_need_not_say_its_type(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", '{"host": "x"}')
    assert from_environment("shop_api").conn_type == ""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that nobody trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "nobody.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@contextlib.contextmanager
def listening(certificate=None):
    """A server that proves itself by the certificate, or speaks no TLS at all."""
    server = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client, contextlib.suppress(OSError):
                    talk = context.wrap_socket(client, server_side=True) if certificate else client
                    talk.recv(1000)
                    talk.sendall(b"500 no TLS here\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.mark.parametrize(("is_tls", "said"), [(True, "certificate"), (False, "no TLS")])
@pytest.mark.parametrize("name", ["rest", "files", "smtp_email", "meta_audience"])
def test_a_server_that_cannot_prove_who_it_is_is_not_tried_again(
    name, is_tls, said, certificate, monkeypatch
):
    with listening(certificate if is_tls else None) as port:
        url = f"https://127.0.0.1:{port}"
        if name == "files":
            connection = of(module(name).EXAMPLES[1], extra=BUCKET | {"endpoint_url": url})
        elif name == "smtp_email":
            monkeypatch.setattr("include.senders.transports.smtp.TLS_FROM_THE_START", port)
            connection = of(module(name).EXAMPLES[0], port=port)
        else:
            extra = {**module(name).EXAMPLES[0]["extra"], "ad_account_id": "act_1"}
            connection = of(module(name).EXAMPLES[0], host=url, port=None, extra=extra)
        with pytest.raises(FixConnection, match=said):
            use(name, connection)


@pytest.mark.parametrize("name", ["rest", "sql", "smtp_email", "sftp_file", "meta_audience"])
def test_a_server_that_is_not_there_is_tried_again(name, monkeypatch):
    example = module(name).EXAMPLES[0]
    extra = {**example["extra"], "ad_account_id": "act_1", "host_key": HOST_KEY}
    host = "https://127.0.0.1" if name == "meta_audience" else "127.0.0.1"
    with pytest.raises(RetryLater):
        use(name, of(example, host=host, extra=extra))


HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJpSgQCSDwzhTQYE1q1tHwqmXvDlLhvhzlJGYtEsn3Oo"
