"""Every test that asks for `settings` runs with the ledger in SQLite and with it in PostgreSQL."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from include.ledger import exposures
from include.ledger.engine import open_ledger
from include.ledger.models import Base, Message
from include.settings import Settings
from tests.fixtures.postgres import Server
from tests.fixtures.receivers import House, Relay, mailhouse, relay

D = date(2026, 3, 15)
TABLES = [table for table in Base.metadata.sorted_tables if table.name != "hash_keys"]  # what nights write
ENGINES = ("sqlite", "postgresql")
on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
# Defaults of a server that the ledger must not lean on.
NOT_OURS = {"timezone": "Asia/Kathmandu", "default_transaction_isolation": "serializable"}


@pytest.fixture(scope="session")
def shared_ledger(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of the ledger in PostgreSQL at which tests take turns: one for each would cost more."""
    url = postgres.create("ledger", **NOT_OURS)
    open_ledger(Settings(var=tmp_path_factory.mktemp("ledger"), ledger_url=url)).dispose()
    return url


@pytest.fixture(params=ENGINES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with an empty ledger."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("shared_ledger")
        request.getfixturevalue("postgres").empty("ledger", *(t.name for t in TABLES))
    return Settings(var=tmp_path / "var", ledger_url=url, clock="sandbox", lease=10.0, client_timeout=5.0)


def keyed_by(settings: Settings, *keys: str) -> Settings:
    """The same installation with these keys in its environment."""
    return Settings(**dict(settings) | {"hash_keys": ",".join(keys)})


@pytest.fixture
def ledger(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a ledger of its own, which holds nothing yet."""
    if not settings.ledger_url:
        yield settings
        return
    server = request.getfixturevalue("postgres")
    yield settings.model_copy(update={"ledger_url": server.create("keyed")})
    server.drop("keyed")


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[Relay]:
    with relay(tmp_path) as server:
        yield server


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[House]:
    with mailhouse(tmp_path) as server:
        yield server


def messages(settings: Settings) -> list[dict[str, Any]]:
    """All rows of the ledger by due time."""
    engine = open_ledger(settings)
    with engine.connect() as db:
        rows = db.execute(select(Message.__table__).order_by(Message.due_at, Message.message_key)).all()
    engine.dispose()
    return [row._asdict() for row in rows]


def states(settings: Settings) -> dict[str, str]:
    """State of each message by its customer, with the reason where there is one."""
    told = {}
    for row in messages(settings):
        told[row["customer_id"]] = f"{row['state']}:{row['reason']}" if row["reason"] else row["state"]
    return told


def everything(settings: Settings) -> str:
    """All that a ledger keeps, as text: every row of every table, and the file where there is one."""
    engine = open_ledger(settings)
    with engine.connect() as db:
        rows = [repr(tuple(row)) for table in TABLES for row in db.execute(select(table))]
    engine.dispose()
    files = [path.read_bytes().decode("latin-1") for path in settings.var.glob("ledger.sqlite*")]
    return "\n".join([*rows, *files])


@pytest.fixture
def audiences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of declarations with the audience of the tests alone."""
    from tests.unit.ledger.audiences import EXPOSURE

    folder = tmp_path / "audiences"
    folder.mkdir()
    (folder / "aud_lapsed_buyers.yml").write_text(EXPOSURE)
    monkeypatch.setattr(exposures.load_syncs, "__defaults__", (folder,))
    monkeypatch.setattr(exposures.find_sync, "__defaults__", (folder,))
    return folder


@pytest.fixture
def vendor(audiences: Path, tmp_path: Path) -> Iterator[Any]:
    """The ad platform, and the audience of the tests with its sync to it."""
    from tests.fixtures.adplatform import EXPOSURE, ad_platform

    (audiences / "aud_lapsed_buyers.yml").write_text(EXPOSURE)
    with ad_platform(tmp_path / "ads") as running:
        yield running
