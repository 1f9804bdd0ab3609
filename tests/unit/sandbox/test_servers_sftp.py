"""The mail house's SFTP drop: a file counts once it has its final name, and is logged once."""

import base64
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
import pytest

from tests.unit.sandbox.conftest import Servers

CSV = b'id,name\r\n1,Ana\r\n2,"B\r\nob"\r\n'
NUMBERS = itertools.count()


@contextmanager
def session(servers: Servers, **changed) -> Iterator[paramiko.SFTPClient]:
    known = servers.connections["mailhouse_sftp"]
    kind, key = known["extra"]["host_key"].split()
    wanted = paramiko.Ed25519Key(data=base64.b64decode(key))
    assert kind == wanted.get_name()
    transport = paramiko.Transport((known["host"], known["port"]))
    try:
        transport.connect(
            wanted, changed.get("login", known["login"]), changed.get("password", known["password"])
        )
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        yield client
    finally:
        transport.close()


def upload(client: paramiko.SFTPClient, path: str, content: bytes = CSV) -> None:
    with client.open(path, "wb") as file:
        file.write(content)


@pytest.fixture
def name() -> str:
    return f"/incoming/list{next(NUMBERS)}.csv"


def logged(servers: Servers, path: str) -> list[dict]:
    return [line for line in servers.received("sftp") if line["path"] == path]


def test_a_wrong_password_is_refused(servers):
    with pytest.raises(paramiko.AuthenticationException), session(servers, password="wrong"):
        pass


def test_a_partial_file_is_logged_when_it_gets_its_final_name_and_once(servers, name):
    with session(servers) as client:
        upload(client, name + ".part")
        assert logged(servers, name) == logged(servers, name + ".part") == []
        client.posix_rename(name + ".part", name)
        (line,) = logged(servers, name)
        assert client.open(name).read() == CSV

    assert logged(servers, name) == [line]
    assert (line["sha256"], line["rows"]) == (hashlib.sha256(CSV).hexdigest(), 2)


def test_a_plain_rename_counts_too(servers, name):
    with session(servers) as client:
        upload(client, name + ".part")
        client.rename(name + ".part", name)

    assert len(logged(servers, name)) == 1


def test_a_file_written_under_its_final_name_is_logged_when_closed(servers, name):
    with session(servers) as client:
        upload(client, name + ".sha256", b"abc")

    (line,) = logged(servers, name + ".sha256")
    assert line["rows"] is None


def test_nothing_outside_the_folder_can_be_reached(servers, name):
    root = servers.settings.sandbox / "sftp"
    with session(servers) as client:
        with pytest.raises(FileNotFoundError):
            client.open("/../../world.json")
        with pytest.raises(OSError, match="not allowed"):
            client.symlink("/etc", "/incoming/etc")
        upload(client, "/../../escaped.csv")

    assert (root / "escaped.csv").exists()
    assert not (servers.settings.var / "escaped.csv").exists()


def test_a_line_cut_after_the_upload_leaves_the_file_there_and_logged(servers, faults, name):
    faults("sftp", "drop_after_upload", times=1)
    with session(servers) as client:
        upload(client, name + ".part")
        with pytest.raises((EOFError, OSError, paramiko.SSHException)):
            client.posix_rename(name + ".part", name)

    assert len(logged(servers, name)) == 1
    with session(servers) as client:
        assert client.stat(name).st_size == len(CSV)
