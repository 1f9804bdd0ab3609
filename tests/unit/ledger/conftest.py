from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from include.ledger.engine import open_ledger
from include.ledger.models import Message
from include.settings import Settings
from tests.fixtures.receivers import House, Relay, mailhouse, relay

D = date(2026, 3, 15)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var", clock="sandbox", lease=10.0, client_timeout=5.0)


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
