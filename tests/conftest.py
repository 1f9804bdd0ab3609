"""What tests of any room can use. Nothing here costs anything until it is asked for."""

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.company import Company
    from tests.fixtures.postgres import Server


def pytest_configure() -> None:
    """Hear interrupts: a shell that runs the tests in the background, or under nohup, makes them deaf."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
