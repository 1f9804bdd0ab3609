"""Where files lie: a folder of this machine or a bucket behind the S3 protocol."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import fsspec

from include.connections import Connection, tls_fault, unfit
from include.errors import FixConnection, FixSource, RetryLater

TIMEOUT = 30.0
MISCONFIGURED = frozenset(
    {
        "NoSuchBucket",
        "InvalidRegionError",
        "NoCredentialsError",
        "ParamValidationError",
        "PartialCredentialsError",
    }
)
CHECK = "check extra.bucket, region_name, endpoint_url and the access key of the connection"


@dataclass(frozen=True)
class Place:
    """A root under which files are listed and opened; `errors` are what its protocol may raise."""

    fs: Any
    root: str
    label: str
    errors: tuple[type[Exception], ...] = (OSError,)

    def list(self, prefix: str) -> list[str]:
        """Paths (relative to the root) of all files whose folder `prefix` begins."""
        folder = prefix.rpartition("/")[0]
        found = self._ask(lambda: self.fs.find(f"{self.root}/{folder}" if folder else self.root))
        return sorted(str(path)[len(self.root) + 1 :] for path in found)

    @contextmanager
    def open(self, path: str) -> Iterator[io.BufferedReader]:
        """The bytes of one file."""
        handle = self._ask(lambda: self.fs.open(f"{self.root}/{path}", "rb"))
        try:
            yield io.BufferedReader(_Reading(handle, self), 1024 * 1024)
        finally:
            handle.close()

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self.errors as error:
            self.refuse(error)

    def refuse(self, error: Exception) -> NoReturn:
        """Turn an error of the file system into one that says who must act."""
        reply = getattr(error, "response", None) or getattr(error.__cause__, "response", None) or {}
        status = reply.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if isinstance(error, PermissionError) or status in (401, 403):
            raise FixConnection(f"{self.label} refused the credentials: correct the connection") from error
        if fault := tls_fault(error):
            raise FixConnection(f"{self.label}: {fault}") from error
        said = reply.get("Error", {}).get("Code") or type(error).__name__
        if said in MISCONFIGURED or (status in (301, 400) and said != "RequestTimeout"):
            raise FixConnection(f"{self.label} cannot be used as it is ({said}): {CHECK}") from error
        if status == 404 or (isinstance(error, FileNotFoundError)):
            raise FixSource(f"{self.label} lacks what it listed, or the bucket is not there") from error
        raise RetryLater(f"{self.label} does not answer or broke off ({type(error).__name__})") from error


class _Reading(io.RawIOBase):
    """A file being read, its errors told as the place tells them."""

    def __init__(self, handle: Any, place: Place) -> None:
        self._handle = handle
        self._place = place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data: bytes = self._handle.read(len(buffer))
        except self._place.errors as error:
            self._place.refuse(error)
        buffer[: len(data)] = data
        return len(data)


def place_of(connection: Connection) -> Place:
    """The place a connection names.

    Type `aws`: `extra.bucket` (and `endpoint_url`, `region_name`); any other: the folder `extra.path`.

    Raises:
        FixConnection: neither is given; the folder is not there, the endpoint no address.
    """
    extra = connection.extra
    if connection.conn_type == "aws" and extra.get("bucket"):
        errors = import_module("botocore.exceptions")
        refusals = (OSError, errors.ClientError, errors.BotoCoreError)
        return Place(_bucket(connection), str(extra["bucket"]), connection.conn_id, refusals)
    if connection.conn_type != "aws" and extra.get("path"):
        if not Path(str(extra["path"])).is_dir():  # not mounted, perhaps: never read as empty
            raise unfit(
                connection, f"the folder {extra['path']} is not there on the machine that runs the task"
            )
        return Place(fsspec.filesystem("file"), str(extra["path"]).rstrip("/"), connection.conn_id)
    raise unfit(connection, "it names no place: give extra.bucket (type aws) or extra.path (type fs)")


def _bucket(connection: Connection) -> Any:
    timeout = connection.seconds(TIMEOUT)
    endpoint = urlsplit(str(connection.extra.get("endpoint_url") or "https://default"))
    if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
        raise unfit(connection, "extra.endpoint_url must begin with https:// or http://")
    return fsspec.filesystem(
        "s3",
        key=connection.login,
        secret=connection.password,
        endpoint_url=connection.extra.get("endpoint_url"),
        client_kwargs={"region_name": connection.extra.get("region_name", "us-east-1")},
        config_kwargs={"connect_timeout": 10, "read_timeout": timeout, "retries": {"max_attempts": 3}},
        use_listings_cache=False,
        skip_instance_cache=True,
    )
