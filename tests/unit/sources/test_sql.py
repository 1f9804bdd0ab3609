"""The SQL reader against a real PostgreSQL: one snapshot, exact values, and who must act."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from include.channels import Column, Stream, load_channels
from include.connections import Connection
from include.errors import FixConnection, FixSource, RetryLater
from include.lake.convert import convert
from include.lake.reasons import ColumnMissing, Reason, Unreadable
from include.lake.validate import Tally, validate
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


@pytest.mark.parametrize("landed", [[], [date(2026, 3, 14)]])
def test_rows_whose_cursor_is_no_moment_are_read_refused_and_counted(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, landed: list[date]
) -> None:
    for number in range(100, 140):
        put(owner, number)
    for number, cursor in enumerate((None, "infinity", "-infinity")):
        put(owner, number, updated_at=cursor)
    items = read(server, settings, landed)
    checked = validate(RETURNS, items, Tally(), span(settings, landed).span)
    assert (len(items), len(checked.accepted)) == (43, 40)
    assert sorted(f"{one.refusal.reason} {one.refusal.field}" for one in checked.refused) == [
        "bad_type updated_at", "bad_type updated_at", "missing_required updated_at",
    ]  # fmt: skip


def test_a_row_without_a_cursor_is_in_the_counts_of_the_night(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    for number in range(39):
        put(owner, number)
    put(owner, 50, updated_at=None)
    [manifest] = land_stream("stores", "returns", DAY, server, settings)
    assert (manifest["rows_in"], manifest["loaded"]) == (40, 39)
    assert manifest["reasons"] == {"missing_required": 1}


ZONE = "Europe/London"
LOCAL = RETURNS.model_copy(
    update={
        "columns": {
            **RETURNS.columns,
            "updated_at": RETURNS.columns["updated_at"].model_copy(update={"time_zone": ZONE}),
        }
    }
)


def read_local(
    server: Connection, start: datetime | None, end: datetime, stream: Stream = LOCAL
) -> list[Any]:
    """Rows as the contract takes them: none may be refused."""
    found = Interval(None if start is None else DAY, DAY, start, end)
    items = [row for rows in sql.read(stream, server, found) for row in rows]
    checked = validate(stream, items, Tally(), found.span)
    assert [one.refusal for one in checked.refused] == []
    return [row["return_id"] for row in items]


def put_local(owner: psycopg.Connection[Any], moments: list[datetime], kind: str = "timestamp") -> None:
    """Rows written at these moments by clocks of London, which write no offset."""
    owner.execute(f"alter table returns alter column updated_at type {kind}")
    for number, moment in enumerate(moments):
        wall = moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
        put(owner, number, "2026-01-01 00:00+00", updated_at=str(wall))


def every(minutes: int, begin: datetime, hours: int) -> list[datetime]:
    return [begin + timedelta(minutes=n) for n in range(0, hours * 60, minutes)]


def test_a_summer_day_of_naive_times_is_cut_where_the_contract_cuts_it(
    server: Connection, owner: psycopg.Connection[Any]
) -> None:
    moments = every(30, datetime(2026, 7, 14, 20, tzinfo=UTC), 32)
    put_local(owner, moments)
    start, end = datetime(2026, 7, 14, 23, tzinfo=UTC), datetime(2026, 7, 15, 23, tzinfo=UTC)
    assert read_local(server, start, end) == [
        f"r{n}" for n, moment in enumerate(moments) if start <= moment < end
    ]
    assert len(read_local(server, None, end)) == sum(moment < end for moment in moments)


@pytest.mark.parametrize("midnight", [23, 0, 1, 2, 5])
@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_no_row_is_lost_on_the_days_when_the_clocks_change(
    server: Connection, owner: psycopg.Connection[Any], change: date, midnight: int
) -> None:
    """Nights end at `midnight` UTC, read what has been written by then, and read back over one hour."""
    first = datetime(change.year, change.month, change.day - 1, tzinfo=UTC)
    moments = every(10, first, 72)
    owner.execute("alter table returns alter column updated_at type timestamp")
    ends = [first + timedelta(days=n, hours=midnight) for n in range(4)]
    seen: set[str] = set()
    begin, written = None, 0
    for end in ends:
        for number, moment in enumerate(moments):
            if (begin is None or moment >= begin) and moment < end:
                wall = moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
                put(owner, number, "2026-01-01 00:00+00", updated_at=str(wall))
                written += 1
        seen.update(read_local(server, begin and begin - timedelta(hours=1), end))
        begin = end
    assert written > 400
    assert len(seen) == written


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        (ZONE, [(3, 29), (7, 15), (10, 25)]),
        ("America/New_York", [(3, 8), (11, 1)]),
        ("Australia/Lord_Howe", [(4, 4), (10, 3)]),  # half an hour
        ("Asia/Kolkata", [(7, 15)]),
    ],
)
def test_the_bound_is_the_first_local_time_that_the_contract_takes_for_it(
    zone: str, days: list[tuple[int, int]]
) -> None:
    column = Column(name="at", type="timestamp", time_zone=zone)
    for month, day in days:
        for moment in every(15, datetime(2026, month, day, tzinfo=UTC), 24):
            found = sql._first_local(moment, column)
            walls = [(found + shift).isoformat(" ") for shift in (-sql._TICK, timedelta(0))]
            before, at = (value.as_py() for value in convert(walls, column)[0])
            assert before < moment <= at


@pytest.mark.parametrize("kind", ["date", "local_time", "timestamp(0)"])
def test_days_and_types_of_the_databases_own_are_cut_in_the_columns_zone(
    server: Connection, owner: psycopg.Connection[Any], kind: str
) -> None:
    owner.execute("drop domain if exists local_time cascade")
    owner.execute("create domain local_time as timestamp check (value > '2000-01-01')")
    days = [datetime(2026, 7, n, 23, tzinfo=UTC) for n in (12, 13, 14, 15)]  # midnight, a day later
    put_local(owner, days, kind)
    start, end = datetime(2026, 7, 13, 23, tzinfo=UTC), datetime(2026, 7, 15, 23, tzinfo=UTC)
    assert read_local(server, start, end) == ["r1", "r2"]


def test_a_zone_does_not_move_times_that_have_an_offset(
    server: Connection, owner: psycopg.Connection[Any]
) -> None:
    end = datetime(2026, 7, 15, 23, tzinfo=UTC)
    for number, at in enumerate(("2026-07-15 22:59:59+00", "2026-07-15 23:00+00", "2026-07-15 23:30+01")):
        put(owner, number, at)
    assert read_local(server, None, end) == ["r2", "r0"]


def test_json_that_names_a_key_twice_spoils_its_row(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("alter table returns add column more json")
    for number, more in enumerate(('{"a": 0.10}', '{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]')):
        put(owner, number, more=more)
    put(owner, 7, more='{"a": 1e99999999999999999999}')
    good, *bad = read(server, settings)
    assert str(good["more"]["a"]) == "0.10"
    assert [(type(row), row.reason) for row in bad] == [
        (Unreadable, Reason.DOUBLED_KEY), (Unreadable, Reason.DOUBLED_KEY), (Unreadable, Reason.NOT_JSON),
    ]  # fmt: skip
    assert '"return_id": "r1"' in bad[0].raw and '"more": {"a": 1, "a": 2}' in bad[0].raw


def test_values_that_python_has_no_type_for_cost_no_other_row(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("alter table returns add column a time, add column b interval, add column c timetz[]")
    put(owner, 1, a="24:00", b="170000000 years", c="{24:00+00}")
    put(owner, 2)
    assert [row["a"] for row in read(server, settings)] == ["24:00:00", None]


def test_bytes_that_are_no_text_spoil_their_own_value(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("drop database if exists old_tills")
    owner.execute(
        "create database old_tills encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'"
    )
    old = Connection(**{**server.__dict__, "schema": "old_tills"})
    with psycopg.connect(
        host=old.host,
        port=old.port,
        user=old.login,
        password=old.password,
        dbname=old.schema,
        autocommit=True,
    ) as session:
        session.execute(TABLE)
        for number in range(30):
            put(session, number)
        session.execute("update returns set sku = E'caf\\351' where return_id = 'r7'")
        session.execute("update returns set sku = E'caf\\303\\251' where return_id = 'r8'")
    [manifest] = land_stream("stores", "returns", DAY, old, settings)
    assert (manifest["loaded"], manifest["reasons"]) == (29, {"bad_text": 1})
    assert "café" in landed_rows(settings, "stores/returns")["sku"].to_pylist()


@pytest.mark.parametrize("wrong", [{"password": "\ud800"}, {"host": "a..b"}, {"schema": "\udcff"}])
def test_a_connection_that_cannot_be_sent_is_the_connections_fault(
    server: Connection, settings: Settings, wrong: dict[str, str]
) -> None:
    with pytest.raises(FixConnection, match="holds what cannot be sent"):
        read(Connection(**{**server.__dict__, **wrong}), settings)


GIANT = {
    "a declared text": ("reason", "text", "repeat('x', 5000000)"),
    "a text of wide letters": ("reason", "text", "repeat('Ж', 70000)"),
    "a text that nobody declared": ("clerk", "text", "repeat('x', 5000000)"),
    "JSON that nobody declared": ("clerk", "jsonb", "to_jsonb(repeat('x', 9000000))"),
    "JSON that does not pack": (
        "clerk",
        "json",
        "(select json_agg(md5(n::text)) from generate_series(1, 300000) as n)",
    ),
    "a list": ("clerk", "text[]", "array_fill('xxxxxxxx'::text, array[2000000])"),
    "bytes": ("clerk", "bytea", "decode(repeat('00', 9000000), 'hex')"),
}


@pytest.mark.parametrize("name", GIANT)
def test_a_giant_value_spoils_its_own_row_alone(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, name: str
) -> None:
    column, kind, value = GIANT[name]
    for number in range(100):
        put(owner, number, **({} if column == "reason" else {column: None}))
    put(owner, 500)
    if column == "clerk":
        owner.execute(f"alter table returns alter clerk type {kind} using null")
    owner.execute(f"update returns set {column} = {value} where return_id = 'r500'")
    tracemalloc.start()
    assert len(read(server, settings)) == 101
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    [manifest] = land_stream("stores", "returns", DAY, server, settings)
    assert (manifest["loaded"], manifest["reasons"]) == (100, {"too_large": 1})
    assert 0 < peak < 16 * 2**20
    [row] = refused_rows(settings, "stores/returns")
    assert "r500" in row["raw"] and len(row["raw"]) < 3 * 2**20


@pytest.mark.parametrize(
    ("kind", "value", "lands"),
    [
        ("text", "repeat('x', 65536)", '{"clerk":"xxx'),
        ("text", "repeat('x', 900000)", '{"clerk":"xxx'),
        ("jsonb", """'{"b": [1, 2.50], "a": null}'""", '{"clerk":{"a":null,"b":[1,"2.50"]}}'),
        ("text[]", "array['a', null]", '{"clerk":["a",null]}'),
        ("numeric(9,2)", "2.50", '{"clerk":"2.50"}'),
        ("char(8)", "'a'", '{"clerk":"a"}'),
        ("inet", "'192.0.2.1'", '{"clerk":"192.0.2.1"}'),
    ],
)
def test_values_that_are_no_giants_come_as_they_are(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings, kind: str, value: str, lands: str
) -> None:
    owner.execute(f"alter table returns alter clerk type {kind} using null")
    put(owner, 1)
    owner.execute(f"update returns set clerk = {value}")
    land_stream("stores", "returns", DAY, server, settings)
    [row] = landed_rows(settings, "stores/returns").to_pylist()
    assert row["_extra"].startswith(lands)


def test_the_longest_text_that_is_taken_comes_whole(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    longest = RETURNS.columns["reason"].longest
    put(owner, 1, reason="x" * longest)
    land_stream("stores", "returns", DAY, server, settings)
    assert landed_rows(settings, "stores/returns").to_pylist()[0]["reason"] == "x" * longest


def test_a_batch_of_heavy_rows_ends_early_and_none_is_lost(
    server: Connection, owner: psycopg.Connection[Any], settings: Settings
) -> None:
    owner.execute("alter table returns alter clerk type text using null")
    for number in range(1200):
        put(owner, number)
    owner.execute("update returns set clerk = repeat('x', 200000) where length(return_id) = 4")
    batches = [[row["return_id"] for row in rows] for rows in sql.read(RETURNS, server, span(settings))]
    assert len({name for names in batches for name in names}) == sum(map(len, batches)) == 1200
    assert len(batches) > 2 and max(map(len, batches)) < 1200
