"""The stores' tables in PostgreSQL: receipts, receipt_lines, returns. Filled by COPY, a day at a time.

The tables stand in schema `public`, without keys (a doubled row is really there twice) and with
every column nullable (a broken row fits). While a fault acts, the table waits in schema `kept` and
a view of the same name shows the faulty rows.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from include.sandbox import hostile
from include.sandbox.faults import Fault
from include.sandbox.served import STORE_AMOUNTS, STORE_KEYS, STORE_TABLES
from include.sandbox.servers.postgres import Postgres
from include.sandbox.visibility import shown, without_hidden

Session = psycopg.Connection
_PUBLIC, _KEPT = sql.Identifier("public"), sql.Identifier("kept")


class Stores:
    """What the stores' database shows, and how faults disguise it."""

    def __init__(self, postgres: Postgres, reader: str) -> None:
        self._postgres, self._reader = postgres, sql.Identifier(reader)
        self._is_down = False

    def load(self, tables: Mapping[str, pa.Table], until: datetime, world: str) -> None:
        """Bring the tables from where they stand to `until`; all or nothing.

        Another world's rows, or rows from after `until`, are dropped first.
        """
        with self._postgres.connect() as session:
            since = self._prepare(session, until, world)
            if since == until:
                return
            for name, table in tables.items():
                self._add(session, name, shown(table, STORE_KEYS[name], until, since), since is not None)
            session.execute("update kept.state set loaded_until = %s", [until])
        with self._postgres.connect() as session:
            session.autocommit = True
            session.execute("vacuum analyze")

    def apply(self, faults: Sequence[Fault]) -> None:
        """Let exactly these faults act."""
        is_down = any(fault.kind == "down" for fault in faults)
        if self._is_down and not is_down:
            self._postgres.start()
        if not self._is_down or not is_down:
            with self._postgres.connect() as session:
                for name in STORE_TABLES:
                    self._undress(session, name)
                    for fault in faults:
                        if fault.kind == "hostile_rows" and fault.acts_on(name):
                            self._add_hostile(session, name, fault.rows)
                    mine = [f for f in faults if f.acts_on(name) and _can_disguise(f, name)]
                    if mine:
                        self._disguise(session, name, mine)
        if is_down and not self._is_down:
            self._postgres.stop()
        self._is_down = is_down

    def answers(self) -> bool:
        """Whether the database is up, or down because a fault wants it so."""
        if self._is_down:
            return True
        with self._postgres.connect() as session:
            return session.execute("select 1").fetchone() == (1,)

    def _prepare(self, session: Session, until: datetime, world: str) -> datetime | None:
        """Have empty or part-filled tables; the moment up to which they are filled."""
        session.execute("create schema if not exists kept")
        session.execute("create table if not exists kept.state (world text, loaded_until timestamptz)")
        for name in STORE_TABLES:
            self._undress(session, name)
        state = session.execute("select world, loaded_until from kept.state").fetchone()
        if state is not None and state[0] == world and isinstance(state[1], datetime) and state[1] <= until:
            return state[1]
        session.execute("delete from kept.state")
        session.execute("insert into kept.state values (%s, null)", [world])
        for name, columns in STORE_TABLES.items():
            self._create(session, name, columns)
        return None

    def _create(self, session: Session, name: str, columns: Mapping[str, str]) -> None:
        table = sql.Identifier(name)
        parts = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kind)) for c, kind in columns.items()]
        session.execute(sql.SQL("drop table if exists {}").format(table))
        session.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(parts)))
        session.execute(sql.SQL("create index on {} (updated_at)").format(table))
        session.execute(sql.SQL("grant select on {} to {}").format(table, self._reader))

    def _add(self, session: Session, name: str, rows: pa.Table, has_older: bool) -> None:
        if not len(rows):
            return
        table, key = sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, STORE_KEYS[name]))
        if has_older:
            session.execute(
                sql.SQL("create temp table arriving on commit drop as select * from {} limit 0").format(table)
            )
            _copy(session, sql.Identifier("arriving"), name, rows)
            session.execute(
                sql.SQL("delete from {} where ({}) in (select {} from arriving)").format(table, key, key)
            )
            session.execute("drop table arriving")
        _copy(session, table, name, rows)

    def _add_hostile(self, session: Session, name: str, count: int) -> None:
        """Strangers' rows of the day on which the tables stand; once, and they stay."""
        state = session.execute("select loaded_until from kept.state").fetchone()
        assert state is not None
        table = sql.Identifier(name)
        for row in hostile.table_rows(name, count, state[0]):
            key = row[STORE_KEYS[name][0]]
            there = sql.SQL("select 1 from {} where {} = %s").format(
                table, sql.Identifier(STORE_KEYS[name][0])
            )
            if session.execute(there, [key]).fetchone() is None:
                columns = sql.SQL(", ").join(map(sql.Identifier, row))
                values = sql.SQL(", ").join([sql.Placeholder()] * len(row))
                statement = sql.SQL("insert into {} ({}) values ({})").format(table, columns, values)
                session.execute(statement, list(row.values()))

    def _undress(self, session: Session, name: str) -> None:
        table = sql.Identifier(name)
        if session.execute("select to_regclass(%s)", [f"kept.{name}"]).fetchone() != (None,):
            session.execute(sql.SQL("drop view if exists {}.{}").format(_PUBLIC, table))
            session.execute(sql.SQL("alter table {}.{} set schema public").format(_KEPT, table))

    def _disguise(self, session: Session, name: str, faults: Sequence[Fault]) -> None:
        table = sql.Identifier(name)
        session.execute(sql.SQL("alter table {}.{} set schema kept").format(_PUBLIC, table))
        columns = sql.SQL(", ").join(_faulty(name, column, faults) for column in STORE_TABLES[name])
        nothing = sql.SQL(" where false" if any(f.kind == "empty_feed" for f in faults) else "")
        view = sql.SQL("create view {}.{} as select {} from {}.{}{}")
        session.execute(view.format(_PUBLIC, table, columns, _KEPT, table, nothing))
        session.execute(sql.SQL("grant select on {} to {}").format(table, self._reader))


def _can_disguise(fault: Fault, name: str) -> bool:
    if fault.kind == "missing_amounts":
        return fault.stream == name or (fault.stream is None and name == "receipts")
    return fault.kind in ("rename_column", "empty_feed")


def _faulty(name: str, column: str, faults: Sequence[Fault]) -> sql.Composable:
    """How the view shows one column."""
    shown_as: sql.Composable = sql.Identifier(column)
    title = column
    for fault in faults:
        if fault.kind == "rename_column" and fault.column == column and fault.to:
            title = fault.to
        if fault.kind == "missing_amounts" and column == STORE_AMOUNTS[name]:
            chosen = sql.SQL("case when abs(hashtext({}) % 1000) < {} then null else {} end")
            key = sql.Identifier(STORE_KEYS[name][0])
            shown_as = chosen.format(key, sql.Literal(round(fault.share * 1000)), shown_as)
    return sql.SQL("{} as {}").format(shown_as, sql.Identifier(title))


def _copy(session: Session, table: sql.Identifier, name: str, rows: pa.Table) -> None:
    """COPY the rows in, columns by name."""
    columns = [column for column in STORE_TABLES[name] if column in rows.column_names]
    sink = io.BytesIO()
    pyarrow.csv.write_csv(without_hidden(rows).select(columns), sink)
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv, header)").format(table, listed)
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(sink.getvalue())
