"""What tests of any room can use. Nothing here costs anything until it is asked for."""

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.company import Company
    from tests.fixtures.postgres import Server

HASH_KEY = "5d3b1d9c7c0f4a62b8e1f0739a2c4e6d8b7f15a390c2de4416f8a7b35e9d0c21"


def pytest_configure() -> None:
    """Hear interrupts: a shell that runs the tests in the background, or under nohup, makes them deaf."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ.setdefault("OMNI_HASH_KEYS", HASH_KEY)  # of every installation that a test makes


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """Commands that a test calls set the umask of this process; the next test begins with the one before."""
    before = os.umask(0)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Company]":
    """The sandbox company of 150 people on its first day, running; shared, so do not advance it."""
    from tests.company import run_company

    with run_company(tmp_path_factory.mktemp("sandbox") / "var") as company:
        yield company


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Server]":
    """A PostgreSQL server of this test process; make databases in it."""
    from tests.fixtures.postgres import server

    with server() as running:
        yield running


@pytest.fixture
def s3_lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty lake in a bucket, its quarantine beside it; the environment names the service."""
    from s3fs import S3FileSystem

    from tests.fixtures.s3 import s3_server

    with s3_server() as url:
        for name, value in {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s",
                            "DEFAULT_REGION": "us-east-1"}.items():  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        S3FileSystem.clear_instance_cache()  # it keeps the endpoint that it has read once
        for bucket in ("lake", "lake-quarantine"):
            S3FileSystem().mkdir(bucket)
        yield "s3://lake/landed"
