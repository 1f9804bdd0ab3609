"""A connection as Airflow keeps it: what is missing is for a person, and is not tried again."""

import json

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from include.errors import FixConnection
from omnichannel.hooks.connections import connection
from omnichannel.house import RETRY_POLICY


def found(monkeypatch, **values):
    monkeypatch.setenv("AIRFLOW_CONN_STORES_DB", json.dumps(values))
    return connection("stores_db")


def test_a_connection_is_read_whole_and_its_password_is_never_shown(monkeypatch):
    where = found(
        monkeypatch, conn_type="postgres", host="db", port=5432, login="l", password="s3cret", schema="s"
    )
    assert (where.conn_type, where.host, where.port, where.password) == ("postgres", "db", 5432, "s3cret")
    assert "s3cret" not in repr(where)


def test_a_connection_that_is_not_there_is_for_a_person_and_is_not_tried_again(monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_STORES_DB", raising=False)
    with pytest.raises(FixConnection, match="there is no connection stores_db") as caught:
        connection("stores_db")
    said = str(caught.value)
    assert "AIRFLOW_CONN_STORES_DB" in said and 'For example: {"conn_type": "postgres"' in said
    assert RETRY_POLICY.evaluate(caught.value, 1, 3).action == RetryAction.FAIL


def test_a_variable_that_airflow_cannot_read_is_named(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_STORES_DB", '{"password": "s3cret"')
    with pytest.raises(FixConnection, match="AIRFLOW_CONN_STORES_DB is set, but holds no") as caught:
        connection("stores_db")
    assert "s3cret" not in str(caught.value)


def test_an_extra_that_is_no_object_is_the_connections_matter(monkeypatch):
    with pytest.raises(FixConnection, match="extra must be a JSON object"):
        found(monkeypatch, conn_type="postgres", host="db", extra='["s3cret"]')
