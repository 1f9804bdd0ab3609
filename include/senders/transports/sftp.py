"""SFTP: files appear under their final name whole, and are never overwritten.

A receiver may take a file away as soon as it has its final name. So a renaming that the server confirmed is
the proof that a file arrived, and nothing is looked for afterwards.
"""

import base64
import binascii
import contextlib
import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko
from paramiko.sftp import CMD_EXTENDED
from paramiko.ssh_exception import IncompatiblePeer

from include.connections import Connection, unfit
from include.errors import FixConnection, RetryLater
from include.failpoints import failpoint
from include.senders.base import InDoubt, Refused

PARTIAL = ".part"
# Types of host keys, and the signatures that each is asked to prove itself with.
ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
CONFIRM = "Confirm a changed host key with the server's owner before you change extra.host_key"
# How an answer fails that cannot be read: not SFTP, or words in another encoding than UTF-8.
UNREADABLE = (paramiko.SFTPError, UnicodeError)
CUT_OFF = ("Authentication timeout", "Authentication failed: transport shut down")  # as paramiko says it


def placing(path: str) -> str:
    """The step before a file gets its final name: it may have arrived from now on."""
    return f"placing {path.rsplit('/', 1)[-1]}"


def placed(path: str) -> str:
    """The step after the server confirmed a file's final name: it has arrived."""
    return f"placed {path.rsplit('/', 1)[-1]}"


class SftpTransport:
    """One session, opened at first use. The host key must be pinned in the connection's extra.

    `note` is called before a file is renamed, and after the server has confirmed it, with what `placing` and
    `placed` say of its path: what cannot be seen afterwards is written down there.
    """

    def __init__(self, connection: Connection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self.beat: Callable[[], None] = lambda: None
        self.note: Callable[[str], None] = lambda step: None
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def put_once(self, path: str, content: bytes) -> bool:
        """Upload under a temporary name, read back, rename. Whether the file was new.

        Raises:
            Refused: another file has that name (`name_taken`).
            RetryLater: the server went away before the file could get its name: it has not arrived.
            InDoubt: the answer to the renaming was lost.
            FixConnection: it refuses us, is not the one we know, or forbids the folder.
        """
        with self._session() as client:
            wanted = hashlib.sha256(content).hexdigest()
            found = self._hash(client, path)
            if found is not None:
                if found != wanted:
                    raise Refused("name_taken", f"{path} is there with other content; it is not overwritten")
                return False
            self._make_folders(client, path)
            self._upload(client, path + PARTIAL, content)
            if self._hash(client, path + PARTIAL) != wanted:
                raise RetryLater(f"{path}{PARTIAL} does not read back as it was written")
            self.note(placing(path))
            failpoint("sync.before_rename")
            self._rename(client, path)
            failpoint("sync.after_rename")
            self.note(placed(path))
            return True

    def find(self, path: str) -> str | None:
        """SHA-256 of a file that is there; None if there is none."""
        with self._session() as client:
            return self._hash(client, path)

    def close(self) -> None:
        """End the session."""
        transport, self._transport, self._client = self._transport, None, None
        if transport is not None:
            transport.close()

    @contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        """The open session; what goes wrong in it is said by who must act."""
        name = self._connection.conn_id
        self.beat()
        try:
            yield self._client or self._open()
        except PermissionError as error:
            raise FixConnection(f"{name}: the server forbids it: {error}") from error
        except paramiko.AuthenticationException as error:
            self.close()
            if str(error).startswith(CUT_OFF):
                raise RetryLater(f"{name}: the server went away while we logged in") from error
            raise FixConnection(f"{name}: login refused") from error
        except IncompatiblePeer as error:
            self.close()
            raise FixConnection(f"{name}: {self._incompatible(error)}") from error
        except (OSError, EOFError, paramiko.SSHException, *UNREADABLE) as error:
            self.close()
            raise RetryLater(f"{name}: the server went away, or gave no usable answer: {error}") from error

    def _open(self) -> paramiko.SFTPClient:
        key_type, key = self._pinned_key()
        self._connection.require("host", "login", "password")
        where = (self._connection.host, self._connection.port or 22)
        try:
            line = socket.create_connection(where, timeout=self._timeout)
        except UnicodeError as error:  # raised for a name that no DNS may hold
            raise unfit(self._connection, "its host is no address") from error
        transport = paramiko.Transport(line)
        self._transport = transport
        transport.banner_timeout = transport.auth_timeout = self._timeout
        transport.get_security_options().key_types = list(ALGORITHMS[key_type])
        transport.start_client(timeout=self._timeout)
        if transport.get_remote_server_key().asbytes() != key:
            self.close()
            said = f"the server's {key_type} host key is not the pinned one"
            raise FixConnection(f"{self._connection.conn_id}: {said}. {CONFIRM}")
        transport.auth_password(self._connection.login, self._connection.password)
        client = paramiko.SFTPClient.from_transport(transport)
        channel = client.get_channel() if client else None
        if client is None or channel is None:
            raise RetryLater(f"{self._connection.conn_id}: the server opened no SFTP session")
        channel.settimeout(self._timeout)
        self._client = client
        return client

    def _pinned_key(self) -> tuple[str, bytes]:
        """Key type and bytes of extra `host_key` (`ssh-ed25519 AAAA…`)."""
        key_type, encoded = [*str(self._connection.extra.get("host_key") or "").split()[:2], "", ""][:2]
        if key_type and key_type not in ALGORITHMS:
            known = ", ".join(ALGORITHMS)
            raise unfit(self._connection, f"extra.host_key has an unknown key type; known are {known}")
        with contextlib.suppress(binascii.Error, ValueError):
            key = base64.b64decode(encoded, validate=True)
            if key.startswith(len(key_type).to_bytes(4) + key_type.encode()) and key_type:
                return key_type, key
        raise unfit(self._connection, "pin the server's key in extra.host_key, whole (ssh-ed25519 AAAA…)")

    def _incompatible(self, error: IncompatiblePeer) -> str:
        """Why no session could be agreed on: as a rule, the server has no key of the pinned type any more."""
        if "host key" not in str(error):
            return f"the server and we share no algorithm: {error}. Its owner must allow a newer one"
        pinned = self._pinned_key()[0]
        old = " (or signs with SHA-1 alone, which is not accepted)" if pinned == "ssh-rsa" else ""
        return f"an {pinned} key is pinned, and the server offers no key of that type{old}. {CONFIRM}"

    def _hash(self, client: paramiko.SFTPClient, path: str) -> str | None:
        try:
            with client.open(path, "rb") as file:
                file.prefetch(file.stat().st_size)  # of what is open: its name may be gone by now
                digest = hashlib.sha256()
                while chunk := file.read(1 << 15):
                    digest.update(chunk)
                return digest.hexdigest()
        except FileNotFoundError:
            return None

    def _rename(self, client: paramiko.SFTPClient, path: str) -> None:
        """Give a file its final name.

        Raises:
            InDoubt: no answer came; or the server refuses, but the temporary file is gone.
        """
        try:
            client.rename(path + PARTIAL, path)
        except (OSError, EOFError, paramiko.SSHException, *UNREADABLE) as error:
            if _is_refusal(client, error) and self._is_there(client, path + PARTIAL):
                raise
            self.close()
            raise InDoubt(
                f"{self._connection.conn_id}: no clear answer to the renaming of {path}: {error}. It may "
                "have arrived: the next try looks for it"
            ) from error

    def _is_there(self, client: paramiko.SFTPClient, path: str) -> bool:
        """Whether a file can be seen; False also where the server does not say."""
        try:
            client.stat(path)
        except (OSError, EOFError, paramiko.SSHException, *UNREADABLE):
            return False
        return True

    def _make_folders(self, client: paramiko.SFTPClient, path: str) -> None:
        folder = ""
        for part in path.strip("/").split("/")[:-1]:
            folder = f"{folder}/{part}"
            try:
                client.stat(folder)
            except FileNotFoundError:
                client.mkdir(folder)

    def _upload(self, client: paramiko.SFTPClient, path: str, content: bytes) -> None:
        with client.open(path, "wb") as file:
            file.set_pipelined(True)
            file.write(content)
            file.flush()
            with contextlib.suppress(OSError):  # not every server offers fsync
                client._request(CMD_EXTENDED, "fsync@openssh.com", file.handle)  # type: ignore[attr-defined]


def _is_refusal(client: paramiko.SFTPClient, error: Exception) -> bool:
    """Whether a request failed by the server's own answer, so that nothing of it is still under way."""
    channel = client.get_channel()
    is_open = channel is not None and not channel.closed
    return isinstance(error, OSError) and not isinstance(error, TimeoutError) and is_open
