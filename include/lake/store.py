"""A place for partitions: a folder or a bucket, written so that a file is there whole or not at all."""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from include.durable import sync
from include.errors import FixConnection
from include.networks import is_loopback
from include.settings import Settings

SETTING = "OMNI_LAKE_URL"
S3 = ("s3", "s3a")
VERIFYING = (*S3, "gs", "abfss", "file", "memory")  # over verified TLS, or over no network


class Store:
    """Files `<root>/<channel>/<stream>/date=D/data.parquet` under an fsspec URL."""

    def __init__(self, url: str, staging: Path) -> None:
        self.fs: Any = LocalFileSystem()
        self.root = str(Path(url).absolute())
        if "://" in url:
            self.fs, self.root = _remote(url)
        self.is_local = isinstance(self.fs, LocalFileSystem)
        self._staging = Path(self.root) / "_tmp" if self.is_local else staging

    def path(self, channel: str, stream: str, business_date: date) -> str:
        """Path of one partition's file within the file system."""
        return f"{self.root}/{channel}/{stream}/date={business_date.isoformat()}/data.parquet"

    def exists(self, path: str) -> bool:
        """Whether the file is there, asked anew each time."""
        return Path(path).exists() if self.is_local else bool(self.fs.exists(path))

    def open(self, path: str) -> Any:
        """The file's bytes, seekable: a path pyarrow maps itself, or an open remote file."""
        return path if self.is_local else self.fs.open(path, "rb")

    def stamp(self, path: str) -> str:
        """Changes whenever the file does, without reading it."""
        if self.is_local:
            stat = Path(path).stat()
            return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ino}"
        info = self.fs.info(path)
        return f"{info.get('size')}-{info.get('ETag') or info.get('LastModified')}"

    def dates(self, channel: str, stream: str) -> list[date]:
        """Dates of the partitions of one stream, ascending."""
        found = []
        for day in filter(None, map(_date, self._names(f"{self.root}/{channel}/{stream}"))):
            if self.exists(self.path(channel, stream, day)):
                found.append(day)
        return sorted(found)

    def newest(self) -> date | None:
        """Newest date of any partition of any stream."""
        newest: list[date] = []
        for channel in self._names(self.root):
            for stream in self._names(f"{self.root}/{channel}") if not channel.startswith("_") else ():
                newest += self.dates(channel, stream)[-1:]
        return max(newest, default=None)

    def fresh_staging(self, channel: str, stream: str) -> Path:
        """An empty folder for files on their way here; what a killed run left in it is gone."""
        self.sweep(channel, stream)
        folder = self._staging / channel / stream
        _make_durable(folder)
        return folder

    def sweep(self, channel: str, stream: str) -> None:
        """Remove what is left in the stream's staging folder."""
        shutil.rmtree(self._staging / channel / stream, ignore_errors=True)

    def put(self, file: Path, path: str, renamed: Callable[[], None]) -> None:
        """Make the finished `file` the one at `path`, atomically and to last; `renamed` is called midway."""
        if not self.is_local:
            self.fs.put_file(str(file), path)
            renamed()
            file.unlink()
            return
        target = Path(path)
        _make_durable(target.parent)
        os.replace(file, target)  # noqa: PTH105 (the atomic rename, by its own name)
        renamed()
        sync(target.parent)

    def remove(self, path: str) -> None:
        """Take a partition's file away, to last, and its folder where nothing else lies in it."""
        if not self.is_local:
            self.fs.rm_file(path)
            return
        target = Path(path)
        target.unlink(missing_ok=True)
        with suppress(OSError):  # something else lies there
            target.parent.rmdir()
        sync(target.parent.parent)

    def _names(self, folder: str) -> list[str]:
        if self.is_local:
            return sorted(entry.name for entry in os.scandir(folder)) if Path(folder).is_dir() else []
        try:
            return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in self.fs.ls(folder, detail=False))
        except FileNotFoundError:
            return []


def lake(settings: Settings) -> Store:
    """Where landed partitions lie."""
    return Store(settings.lake_root, settings.var / "staging" / "lake")


def quarantine(settings: Settings) -> Store:
    """Where refused rows lie."""
    return Store(settings.quarantine_root, settings.var / "staging" / "quarantine")


def _remote(url: str) -> tuple[Any, str]:
    """The file system of a URL, which must verify whom it speaks to, and its path there.

    S3 takes its endpoint from variables, files and `FSSPEC_S3` alike, so the client itself is asked for it.

    Raises:
        FixConnection: it leads off loopback by a protocol or an endpoint that verifies nothing.
    """
    scheme = url.partition("://")[0]
    if scheme not in VERIFYING:
        raise FixConnection(f"{SETTING} must begin with one of {', '.join(s + '://' for s in VERIFYING)}")
    if scheme not in S3:
        found: tuple[Any, str] = fsspec.core.url_to_fs(url, use_listings_cache=False)
        return found
    named = fsspec.config.conf.get("s3", {})
    config = {"proxies": {}, **named.get("config_kwargs", {})}  # no variable like HTTP_PROXY is looked at
    fs, path = fsspec.core.url_to_fs(url, use_listings_cache=False, config_kwargs=config)
    if fs.client_kwargs.get("verify") is False:
        raise FixConnection(f"{SETTING}: FSSPEC_S3 must not switch verify off")
    endpoint = urlsplit(fs.s3.meta.endpoint_url)
    if endpoint.scheme != "https" and not is_loopback(endpoint.hostname or ""):
        raise FixConnection(f"{SETTING}: its endpoint must begin with https://, or rows travel in the clear")
    return fs, path


def _make_durable(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_durable(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)  # rows of persons: for the service's user alone
    sync(folder.parent)


def _date(folder: str) -> date | None:
    """The day of a partition's folder; None of any other folder, which we did not make."""
    if not re.fullmatch(r"date=\d{4}-\d{2}-\d{2}", folder):
        return None
    with suppress(ValueError):  # 30 February
        return date.fromisoformat(folder.removeprefix("date="))
    return None
