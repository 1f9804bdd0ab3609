"""The SQL reader against a real PostgreSQL: one snapshot, exact values, and who must act."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from include.channels import load_channels
from include.connections import Connection
from include.errors import FixConnection, FixSource, RetryLater
from include.lake.reasons import ColumnMissing
from include.sandbox.access import open_doors
from include.sandbox.servers.postgres import Postgres
from include.settings import Settings
from include.sources import sql
from include.sources.interval import Interval, interval
from include.sources.land import land_stream
from tests.unit.lake.landing import landed_rows, refused_rows

RETURNS = load_channels()["stores"].streams["returns"]
DAY = date(2026, 3, 15)
TABLE = """
drop table if exists returns;
create table returns (
    return_id text, receipt_id text, returned_at timestamptz, updated_at timestamptz, store_id text, sku text,
    quantity bigint, amount numeric, currency text, reason text, loyalty_id text, clerk text
)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A PostgreSQL of one's own; the connection is its owner's."""
    settings = Settings(var=tmp_path_factory.mktemp("stores"))
    doors = open_doors(settings)
    postgres = Postgres(settings.sandbox / "postgres", doors)
    postgres.start()
    owner = doors["stores_owner"]
    port = doors["stores"].port
    yield Connection("stores_db", "postgres", "127.0.0.1", port, owner.login, owner.password, "stores")
    postgres.close()


@pytest.fixture
def owner(server: Connection) -> Iterator[psycopg.Connection[Any]]:
    """The owner's session over an empty table."""
    with psycopg.connect(
        host=server.host, port=server.port, user=server.login, password=server.password, dbname=server.schema,
        autocommit=True,
    ) as session:  # fmt: skip
        session.execute(TABLE)
        yield session


def put(owner: psycopg.Connection[Any], number: int, at: str = "2026-03-15 10:00+00", **values: Any) -> None:
    row = {
        "return_id": f"r{number}", "receipt_id": "b1", "returned_at": at, "updated_at": at, "store_id": "s1",
        "sku": "A", "quantity": 1, "amount": "2.50", "currency": "GBP", **values,
    }  # fmt: skip
    names = ", ".join(row)
    owner.execute(
        f"insert into returns ({names}) values ({', '.join(['%s'] * len(row))})", list(row.values())
    )


def span(settings: Settings, landed: list[date] | None = None) -> Interval:
    return interval(settings, landed or [], DAY)


def read(server: Connection, settings: Settings, landed: list[date] | None = None) -> list[Any]:
    return [row for rows in sql.read(RETURNS, server, span(settings, landed)) for row in rows]


def test_rows_come_by_cursor_and_key_cut_to_the_interval(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    for number, at in ((3, "2026-03-15"), (1, "2026-03-15"), (2, "2026-03-14"), (4, "2026-03-16")):
        put(owner, number, f"{at} 00:00+00")
    assert [row["return_id"] for row in read(server, settings)] == ["r2", "r1", "r3"]
    assert [row["return_id"] for row in read(server, settings, [date(2026, 3, 14)])] == ["r1", "r3"]


def test_values_land_exactly_and_undeclared_columns_beside_them(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    put(owner, 1, "2026-03-15 11:30:00.123456+05:30", amount="-80995.1234", clerk="Jo", reason="Größe ‘L’")
    [manifest] = land_stream("stores", "returns", DAY, server, settings)

    [row] = landed_rows(settings, "stores/returns").to_pylist()
    assert (str(row["amount"]), row["_extra"], row["reason"]) == (
        "-80995.1234",
        '{"clerk":"Jo"}',
        "Größe ‘L’",
    )
    assert row["updated_at"] == datetime(2026, 3, 15, 6, 0, 0, 123456, UTC)
    assert (manifest["new_columns"], manifest["source"]) == (["clerk"], "stores_db public.returns")


def test_poison_rows_are_refused_alone(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    for number in range(100, 200):
        put(owner, number)
    put(owner, 1, returned_at="infinity")
    put(owner, 2, returned_at="20000-01-01 00:00+00")
    put(owner, 3, amount="NaN")
    put(owner, 4, amount="0.00001")
    put(owner, 5, amount=None)
    [manifest] = land_stream("stores", "returns", DAY, server, settings)
    assert manifest["reasons"] == {"bad_type": 4, "missing_required": 1}
    assert [row["field"] for row in refused_rows(settings, "stores/returns")] == [
        "returned_at", "returned_at", "amount", "amount", "amount",
    ]  # fmt: skip


def test_a_read_sees_one_moment_of_the_database(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "BATCH", 10)
    for number in range(25):
        put(owner, 100 + number)
    batches = sql.read(RETURNS, server, span(settings))
    first = next(batches)
    owner.execute("update returns set updated_at = now(), amount = 0")
    owner.execute("delete from returns where return_id > 'r110'")
    rest = [row for rows in batches for row in rows]
    assert len(first) == 10
    assert [str(row["amount"]) for row in [*first, *rest]] == ["2.50"] * 25


def test_a_renamed_column_stops_before_any_row_is_read(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    put(owner, 1)
    owner.execute("alter table returns rename column amount to amount_gbp")
    with pytest.raises(ColumnMissing, match=r"table returns .* column amount \(renamed to amount_gbp\?\)"):
        read(server, settings)


@pytest.mark.parametrize("column", ["updated_at", "return_id"])
def test_a_dropped_cursor_or_key_is_the_sources_fault(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, column: str
) -> None:
    owner.execute(f"alter table returns drop column {column}")
    with pytest.raises(ColumnMissing, match=f"declared column {column}"):
        read(server, settings)


def test_a_missing_table_is_the_sources_fault(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("drop table returns")
    with pytest.raises(FixSource, match=r"no table public\.returns"):
        read(server, settings)


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"login": "nobody"}, {"schema": "elsewhere"}])
def test_a_refused_login_is_the_connections_fault(
    server: Connection, settings: Settings, wrong: dict[str, str]
) -> None:
    values = {**server.__dict__, **wrong}
    with pytest.raises(FixConnection, match="stores/returns: stores_db refused the login") as caught:
        read(Connection(**values), settings)
    assert server.password not in str(caught.value)


def test_a_missing_privilege_is_the_connections_fault(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("drop role if exists guest")
    owner.execute("create role guest login password 'guest'")
    with pytest.raises(FixConnection):
        read(Connection(**{**server.__dict__, "login": "guest", "password": "guest"}), settings)


def test_a_database_that_is_down_is_left_for_later(server: Connection, settings: Settings) -> None:
    with pytest.raises(RetryLater, match="down"):
        read(Connection(**{**server.__dict__, "port": 9}), settings)


def test_a_session_cut_off_midway_lands_nothing(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "BATCH", 5)
    for number in range(5000):
        put(owner, 10_000 + number, str(datetime(2026, 3, 15, tzinfo=UTC) + timedelta(seconds=number)))
    batches = sql.read(RETURNS, server, span(settings))
    next(batches)
    owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
    with pytest.raises(RetryLater):
        list(batches)


def test_a_hostile_table_name_is_only_a_name(server: Connection, settings: Settings) -> None:
    source = RETURNS.source.model_copy(update={"table": 'returns"; drop table returns; --'})  # type: ignore[union-attr]
    hostile = RETURNS.model_copy(update={"source": source})
    with pytest.raises(FixSource, match="no table"):
        list(sql.read(hostile, server, span(settings)))
