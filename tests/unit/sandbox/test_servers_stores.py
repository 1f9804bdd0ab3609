"""The stores' database: real rows, really twice where doubled; faults that act and clear."""

import psycopg
import pytest

from include import sandbox
from tests.unit.sandbox.conftest import Servers


def connect(servers: Servers, **changed) -> psycopg.Connection:
    known = servers.connections["stores_db"]
    values = {
        "host": known["host"], "port": known["port"], "user": known["login"],
        "password": known["password"], "dbname": known["schema"],
    }  # fmt: skip
    return psycopg.connect(**values | changed)


def ask(servers: Servers, query: str) -> list[tuple]:
    with connect(servers) as session:
        return session.execute(query).fetchall()


def test_a_wrong_password_is_refused(servers):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(servers, password="wrong")


def test_the_reader_may_not_write(servers):
    with connect(servers) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("delete from receipts")


def test_a_doubled_row_can_be_read_twice(servers):
    rows = ask(servers, "select receipt_id, total_amount from receipts where receipt_id = 'r4'")

    assert [(key, str(amount)) for key, amount in rows] == [("r4", "12.00"), ("r4", "12.00")]
    assert ask(servers, "select count(*) from receipts") == [(13,)]


def test_tables_without_rows_are_there_all_the_same(servers):
    assert ask(servers, "select count(*), max(updated_at) from returns") == [(0, None)]


def test_missing_amounts_are_null_for_their_share_and_come_back(servers, faults):
    faults("stores", "missing_amounts", share=0.5)
    ((missing,),) = ask(servers, "select count(*) from receipts where total_amount is null")
    assert 2 <= missing <= 11

    sandbox.clear_faults(servers.settings)
    assert ask(servers, "select count(*) from receipts where total_amount is null") == [(0,)]


def test_a_renamed_column_is_gone_under_its_old_name(servers, faults):
    faults("stores", "rename_column", stream="receipts", column="total_amount", to="amount_total")

    with pytest.raises(psycopg.errors.UndefinedColumn):
        ask(servers, "select total_amount from receipts")
    assert ask(servers, "select max(amount_total)::text from receipts") == [("12.00",)]


def test_a_database_that_is_down_refuses_and_comes_back_with_its_rows(servers, faults):
    faults("stores", "down")
    with pytest.raises(psycopg.OperationalError):
        connect(servers)

    sandbox.clear_faults(servers.settings)
    assert ask(servers, "select count(*) from receipts") == [(13,)]
