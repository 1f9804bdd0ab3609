"""A whole night with Airflow's metadata and the ledger in PostgreSQL: as on SQLite, and nothing in files."""

from sqlalchemy import create_engine, text

from tests.fixtures.postgres import PASSWORD
from tests.night import House


def count(url: str, question: str) -> int:
    """The number that a database answers."""
    engine = create_engine(url)
    try:
        with engine.connect() as db:
            return int(db.scalar(text(question)) or 0)
    finally:
        engine.dispose()


def test_a_night_on_postgresql_publishes_and_sends_what_one_on_sqlite_does(postgres, undisturbed, tmp_path):
    metadata, ledger = postgres.create("airflow"), postgres.create("night_ledger")
    house = House(tmp_path / "var")
    code, out = house.night(
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgres.url("airflow", driver="psycopg2"), OMNI_LEDGER_URL=ledger
    )
    assert code == 0, out
    assert house.published() == undisturbed.published()
    assert [m["message_id"] for m in house.received("smtp")] == [
        m["message_id"] for m in undisturbed.received("smtp")
    ]
    assert count(metadata, "select count(*) from dag_run where state = 'success'") >= 8
    assert count(ledger, "select count(*) from messages where state = 'confirmed'") > 0
    assert not list(house.var.rglob("airflow.db")) and not list(house.var.rglob("ledger.sqlite"))
    told = [path for path in house.var.rglob("*.log") if PASSWORD.split(":")[1] in path.read_text("utf-8")]
    assert told == [] and PASSWORD.split(":")[1] not in out
