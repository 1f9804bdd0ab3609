"""A server is known by its pinned host key, of whatever type, and by no other."""

import contextlib
from itertools import product

import asyncssh
import pytest

from include.errors import FixConnection, RetryLater
from include.senders.transports.sftp import ALGORITHMS, SftpTransport
from tests.fixtures.receivers import mailhouse, pinned

RSA, ED25519, ECDSA = "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"
SETS = {"rsa": [RSA], "ed25519": [ED25519], "both": [RSA, ED25519], "ecdsa": [ECDSA]}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One server for each set of host keys."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(mailhouse(tmp_path_factory.mktemp(name), *types))
            for name, types in SETS.items()
        }


def find(server, host_key, **changed):
    transport = SftpTransport(server.connection(extra={"host_key": host_key}, **changed), 5)
    with contextlib.closing(transport):
        return transport.find("/incoming/none.csv")


@pytest.mark.parametrize(("name", "pin"), list(product(SETS, ALGORITHMS)))
def test_the_pinned_key_is_found_and_a_missing_type_is_a_changed_key(servers, name, pin):
    server = servers[name]
    if pin in SETS[name]:
        assert find(server, pinned(server.keys[SETS[name].index(pin)])) is None
        return
    with pytest.raises(FixConnection) as caught:
        find(server, pinned(asyncssh.generate_private_key(pin)))
    said = str(caught.value)
    assert said.startswith(
        f"mailhouse_sftp: an {pin} key is pinned, and the server offers no key of that type"
    )
    assert "Confirm a changed host key with the server's owner" in said


@pytest.mark.parametrize(("name", "pin"), [(n, pin) for n, types in SETS.items() for pin in types])
def test_another_key_of_the_pinned_type_is_a_changed_key(servers, name, pin):
    with pytest.raises(FixConnection, match=f"the server's {pin} host key is not the pinned one. Confirm"):
        find(servers[name], pinned(asyncssh.generate_private_key(pin)))


@pytest.mark.parametrize(
    "options",
    [{"kex_algs": ["curve448-sha512"]}, {"encryption_algs": ["chacha20-poly1305@openssh.com"]}],
    ids=["key exchange", "cipher"],
)
def test_a_server_that_shares_no_algorithm_is_not_waited_for(tmp_path, options):
    with mailhouse(tmp_path, **options) as server, pytest.raises(FixConnection, match="share no algorithm"):
        find(server, server.host_key)


@pytest.mark.parametrize(
    ("host_key", "said"),
    [
        ("ssh-ed25591 AAAA", "unknown key type; known are ssh-ed25519, ecdsa-sha2-nistp256"),
        ("ssh-dss AAAA", "unknown key type"),
        ("ssh-ed25519", "pin the server's key"),
        ("ssh-ed25519 AAA", "pin the server's key"),
        ("", "pin the server's key"),
        (None, "pin the server's key"),
        (5, "unknown key type"),
    ],
)
def test_a_pin_that_is_no_key_is_named_with_an_example(servers, host_key, said):
    with pytest.raises(FixConnection, match=said) as caught:
        find(servers["both"], host_key)
    assert 'For example: {"conn_type": "sftp"' in str(caught.value)


def test_a_pin_of_one_type_that_is_called_another_is_no_key(servers):
    rsa, ed25519 = map(pinned, servers["both"].keys)
    with pytest.raises(FixConnection, match="pin the server's key"):
        find(servers["both"], f"{RSA} {ed25519.split()[1]}")
    with pytest.raises(FixConnection, match="pin the server's key"):
        find(servers["both"], f"{ED25519} {rsa.split()[1]}")


@pytest.mark.parametrize("field", ["host", "login", "password"])
def test_a_connection_that_lacks_something_says_what(servers, field):
    with pytest.raises(FixConnection, match=f"mailhouse_sftp: it has no {field}. Set it in Airflow's UI"):
        find(servers["rsa"], servers["rsa"].host_key, **{field: ""})


def test_a_refused_password_is_the_connections_matter(servers):
    with pytest.raises(FixConnection, match="login refused"):
        find(servers["both"], servers["both"].host_key, password="another")


def test_a_server_that_hangs_up_during_the_login_has_refused_nothing(tmp_path):
    with mailhouse(tmp_path) as server:
        server.hangs_up_at_login = True
        with pytest.raises(RetryLater, match="while we logged in"):
            find(server, server.host_key)
        server.hangs_up_at_login = False
        assert find(server, server.host_key) is None
