"""What strangers typed before the lake refused it: a night on such rows is built and passes the audit."""

import json

import duckdb
import pytest

from include.ledger.history import snapshot
from include.normalise.names import COMPARED
from include.settings import Settings
from include.warehouse.audit import audit
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.layers import LAYERS, run_layer
from tests.warehouse.small_company import NIGHTS, SmallCompany
from tests.warehouse.small_lake import STREAMS, at, land

DAY = NIGHTS[-1]
EVIL = "mallory@evil.example"
LONG = 30_000
CLONES = 1500
NOW = at(f"{DAY} 10:00")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A night of the small company, and strangers' rows beside it, built layer by layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNI_VAR", str(tmp_path_factory.mktemp("hostile") / "var"))
        settings = Settings(clock="sandbox")
        company = SmallCompany(people=60)
        for night in NIGHTS:
            company.land(settings, night)
        for stream in STREAMS:
            _land_strangers(settings, stream)
        open_candidate(settings, DAY)
        snapshot(settings, before=DAY)
        for layer in LAYERS:
            run_layer(settings, layer, DAY)
        yield settings


def _land_strangers(settings, stream):
    """To what the stream has landed that night, one row for each text column, with an address in it."""
    path = settings.var / "lake" / stream.label / f"date={DAY}" / "data.parquet"
    there = duckdb.sql(f"select * exclude (_date, _arrived) from '{path}'").to_arrow_table().to_pylist()
    known = [{k: v for k, v in row.items() if k in stream.columns} for row in there]
    texts = [
        name for name, column in stream.columns.items() if column.type == "string" and not column.allowed
    ]
    moments = {name: NOW for name, column in stream.columns.items() if column.type == "timestamp"}
    rows = [{**moments, **_keys(stream, name), name: EVIL} for name in texts]
    land(settings, stream.label, DAY, *known, *rows, *_more(stream.label, moments))


def _keys(stream, name):
    return {key: f"evil-{name}" for key in stream.key if stream.columns[key].type == "string"}


def _more(label, moments):
    if label == "shop/customers":
        yield from _long_names(moments)
        yield from _one_card_of_many(moments)
    if label == "crm/contacts":
        for number in range(2):
            yield {**moments, "contact_id": f"rich{number}", "loyalty_id": "rich", "points": 2**63 - 1}
    if label == "shop/web_events":
        for year in range(1700, 2000):
            ids = dict.fromkeys(("event_id", "session_id", "cookie_id"), f"old-{year}")
            yield {**ids, "event_type": "page_view", "occurred_at": at(f"{year}-03-15 10:00")}
    if label == "shop/order_lines":
        yield {"order_id": "evil-order_id", "line_number": 2, "quantity": 5, "category": EVIL}


def _long_names(moments):
    for letter in "xy":
        name = {"first_name": "Ann", "last_name": letter + "o" * LONG, "phone": "+447700900321"}
        yield {**moments, **name, "account_id": f"long-{letter}", "email": f"{letter}@evil.example"}


def _one_card_of_many(moments):
    for number in range(CLONES):
        name = {"first_name": "Eve", "last_name": _in_letters(number), "loyalty_id": "shared-card"}
        yield {**moments, **name, "account_id": f"clone{number}", "email": f"clone{number}@evil.example"}


def _in_letters(number):
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06d}")


def rows(house, query):
    with duckdb.connect(str(candidate_file(house)), read_only=True) as con:
        return con.execute(query).fetchall()


def test_the_night_passes_its_audit(house):
    assert audit(house, DAY).failed == ()


def test_what_a_visitor_chose_is_in_no_profile(house):
    [(customers, strange)] = rows(
        house,
        "select count(*), count(*) filter (where contains(cast(c as varchar), '@')) from dim_customers as c",
    )
    assert customers > 60 and strange == 0


def test_a_key_that_is_an_address_stays_with_its_record_alone(house):
    found = rows(house, f"select stream, is_first_seen from customer_records where record_key = '{EVIL}'")
    assert "web_events" in {stream for stream, _ in found} and any(is_first for _, is_first in found)


def test_of_a_long_name_a_hundred_letters_are_compared(house):
    lengths = rows(house, "select length(last_key) from int_identity__records where record_key like 'long-%'")
    assert lengths == [(COMPARED,), (COMPARED,)]


def test_a_card_with_thousands_of_names_joins_nobody_and_no_two_are_compared(house):
    links = "int_identity__links where identifier_type = 'loyalty_id' and record_a like '%clone%'"
    assert rows(house, f"select distinct is_kept, reason from {links}") == [(False, "too_many_names")]
    assert rows(house, f"select count(*) from {links}") == [(CLONES - 1,)]


def test_events_of_three_centuries_are_in_the_folders_of_one(house):
    [(months, first)] = rows(house, "select count(distinct month), min(month) from fct_interactions")
    assert (months < 20, first) == (True, "2000-01")


def test_points_beyond_every_integer_stop_nothing(house):
    assert rows(house, "select count(*) from int_customers__loyalty where loyalty_points = 0")[0][0] >= 1


def test_variables_of_the_build_hold_nothing_of_a_stranger(house):
    assert EVIL not in json.dumps(json.loads(variables_file(house).read_text()))
