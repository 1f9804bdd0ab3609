"""The mail house's SFTP drop: a file counts once it has its final name, and is on disk before the answer."""

import asyncio
import csv
import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import Any

import asyncssh

from include import durable
from include.sandbox.access import Door
from include.sandbox.faults import FaultBoard
from include.sandbox.received import ReceivedLog

PARTIAL = ".part"


class Drop:
    """The folder that partners write to, and the log of the files that reached their final name."""

    def __init__(self, root: Path, log: ReceivedLog, faults: FaultBoard) -> None:
        self.root, self._log, self._faults = root, log, faults
        (root / "incoming").mkdir(parents=True, exist_ok=True)

    def settle(self, path: Path) -> None:
        """Note the file at `path`, unless its name says it is not whole yet."""
        if path.name.endswith(PARTIAL) or not path.is_file():
            return
        with path.open("rb") as file:
            os.fsync(file.fileno())
            content = file.read()
        durable.sync(path.parent)
        self._log.append(
            {
                "path": "/" + path.relative_to(self.root.resolve()).as_posix(),
                "sha256": hashlib.sha256(content).hexdigest(),
                "rows": _count_rows(path.name, content),
            }
        )

    def is_to_drop(self) -> bool:
        """Whether a fault wants the line cut now."""
        return self._faults.strikes("sftp", "drop_after_upload") is not None


class _Session(asyncssh.SFTPServer):
    """One client's session, shut inside the drop's folder."""

    def __init__(self, channel: Any, drop: Drop) -> None:
        super().__init__(channel, chroot=os.fsencode(drop.root))
        self._drop = drop
        self._written: dict[int, Path] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        file = super().open(path, pflags, attrs)
        if pflags & asyncssh.FXF_WRITE:
            self._written[id(file)] = self._local(path)
        return file

    async def close(self, file_obj: object) -> None:
        super().close(file_obj)
        path = self._written.pop(id(file_obj), None)
        if path is not None:
            await self._settle(path)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().rename(oldpath, newpath)
        await self._settle(self._local(newpath))

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        await self._settle(self._local(newpath))

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("links are not allowed here")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("links are not allowed here")

    async def _settle(self, path: Path) -> None:
        await asyncio.to_thread(self._drop.settle, path)
        if not path.name.endswith(PARTIAL) and self._drop.is_to_drop():
            self.connection.abort()
            await asyncio.sleep(60)  # cancelled with the connection: no reply is ever written

    def _local(self, path: bytes) -> Path:
        return Path(os.fsdecode(self.map_path(path)))


class _Login(asyncssh.SSHServer):
    """Password login for one partner."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        given, wanted = f"{username}\0{password}", f"{self._door.login}\0{self._door.password}"
        return secrets.compare_digest(given.encode(), wanted.encode())


async def serve_sftp(drop: Drop, door: Door, host: str, key_file: Path) -> asyncssh.SSHAcceptor:
    """Listen on `door.port` with the persistent host key in `key_file`."""
    return await asyncssh.create_server(
        lambda: _Login(door),
        host,
        door.port,
        server_host_keys=[str(key_file)],
        sftp_factory=lambda channel: _Session(channel, drop),
        allow_scp=False,
        reuse_address=True,
    )


def host_key(key_file: Path) -> str:
    """The public host key as `ssh-ed25519 AAAA…`, made at the first start and kept (mode 0600)."""
    if not key_file.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        durable.write_text(key_file, key.export_private_key().decode(), mode=0o600)
    public = asyncssh.read_private_key(str(key_file)).export_public_key().decode()
    return " ".join(public.split()[:2])


def _count_rows(name: str, content: bytes) -> int | None:
    """Records of a CSV file without its header; None for any other file."""
    if not name.endswith(".csv"):
        return None
    text = io.StringIO(content.decode("utf-8-sig", "replace"), newline="")
    return max(sum(1 for row in csv.reader(text) if row) - 1, 0)
