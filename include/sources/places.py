"""Where files lie: a folder of this machine or a bucket behind the S3 protocol."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import fsspec
from fsspec.implementations.local import LocalFileSystem

from include.connections import Connection, unfit
from include.errors import FixConnection, FixSource, RetryLater
from include.networks import ca_file, proxy_of, require_tls, tls_fault

TIMEOUT = 30.0
READ_AHEAD = 8 * 1024 * 1024
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
        """The bytes of one file.

        Raises:
            FixSource: it is none of this folder's: a link that leads out of it, or no file at all.
            FixConnection, RetryLater: the place refuses us, or does not answer.
        """
        if isinstance(self.fs, LocalFileSystem):
            self._require_inside(path)
        handle = self._ask(lambda: self.fs.open(f"{self.root}/{path}", "rb"))
        try:
            yield io.BufferedReader(_Reading(handle, self), 1024 * 1024)
        finally:
            handle.close()

    def _require_inside(self, path: str) -> None:
        """Who may write into the folder must not choose what else of this machine is read."""
        file, root = Path(self.root, path).resolve(), Path(self.root).resolve()
        if not file.is_relative_to(root):
            raise FixSource(f"{self.label}: {path} is a link out of its folder: ask the owner for the file")
        if file.exists() and not file.is_file():  # reading a pipe would wait for ever
            raise FixSource(f"{self.label}: {path} is no file: ask the owner for one")

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
    timeout, proxy = connection.seconds(TIMEOUT), proxy_of(connection)
    endpoint = connection.extra.get("endpoint_url")
    require_tls(connection, str(endpoint or "https://s3.amazonaws.com"), "extra.endpoint_url")
    authorities = ca_file(connection)
    return fsspec.filesystem(
        "s3",
        key=connection.login,
        secret=connection.password,
        endpoint_url=endpoint,
        client_kwargs={
            "region_name": connection.extra.get("region_name", "us-east-1"),
            **({"verify": authorities} if authorities else {}),
        },
        config_kwargs={
            "connect_timeout": 10,
            "read_timeout": timeout,
            "retries": {"max_attempts": 3},
            "proxies": {"http": proxy, "https": proxy} if proxy else {},  # none: no variable is looked at
            "ignore_configured_endpoint_urls": True,  # AWS_ENDPOINT_URL would lead past the rule on TLS
        },
        default_block_size=READ_AHEAD,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
