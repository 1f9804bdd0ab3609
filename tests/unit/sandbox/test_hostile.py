"""What strangers write into the sandbox's systems: every row can be shown, and is of its day."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from include.sandbox import hostile
from include.sandbox.access import open_doors
from include.sandbox.faults import Fault
from include.sandbox.served import STORE_TABLES
from include.sandbox.servers.postgres import Postgres
from include.sandbox.servers.stores import Stores
from include.settings import Settings

DAYS = [datetime(2026, 3, 16, tzinfo=ZoneInfo("Europe/London")) + timedelta(days=n) for n in range(40)]


@pytest.fixture(scope="module")
def empty_stores(tmp_path_factory):
    """The database of the sandbox's stores, with nothing in it, and the stores that show rows there."""
    settings = Settings(var=tmp_path_factory.mktemp("hostile"))
    doors = open_doors(settings)
    postgres = Postgres(settings.sandbox / "postgres", doors)
    postgres.start()
    yield postgres, Stores(postgres, doors["stores"].login)
    postgres.close()


def test_the_database_takes_the_rows_of_each_day(empty_stores):
    database, stores = empty_stores
    for day in DAYS:
        stores.load({}, day.astimezone(UTC), "nobody's")
        stores.apply([Fault("stores", "hostile_rows", rows=42)])

    with database.connect() as session:
        for table in STORE_TABLES:
            days = session.execute(
                f"select (updated_at at time zone 'Europe/London')::date, count(*) from {table} group by 1"
            ).fetchall()
            assert dict(days) == {(day - timedelta(days=1)).date(): 42 for day in DAYS}


def test_each_moment_writes_rows_of_its_own_and_always_the_same():
    until = datetime(2026, 3, 29, tzinfo=UTC)
    first = hostile.documents("crm", "contacts", 42, until)
    later = hostile.documents("crm", "contacts", 42, until + timedelta(hours=23))

    assert first == hostile.documents("crm", "contacts", 42, until)
    assert {str(json.loads(one)["contact_id"]) for one in first}.isdisjoint(
        str(json.loads(one)["contact_id"]) for one in later
    )
