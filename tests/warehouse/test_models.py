"""Models on a small lake: a night that builds on the one before gives what a rebuild gives."""

import json

import duckdb
import pytest

from include.channels import load_channels
from include.errors import CheckFailed
from include.settings import Settings
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.dbt import run_dbt
from include.warehouse.layers import read_layer, results_file, run_layer
from tests.warehouse.small_lake import DAY_0, DAY_1, DAY_2, at, keep, land

EVA = {"first_name": "Eva", "last_name": "Braun", "email": "eva@mail.example", "loyalty_id": "L1"}
COMPARED = [
    "int_records__unioned",
    "int_identifiers__unioned",
    "int_orders__unioned",
    "int_order_lines__unioned",
    "int_returns__unioned",
    "int_carts__unioned",
    "int_interactions__unioned",
    "int_message_events__unioned",
    "int_consents__unioned",
    "int_preferences__unioned",
    "int_memberships__unioned",
    "int_identity__customers",
    "int_identity__links",
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Two nights, the second built on the first, with all that makes a night awkward."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNI_VAR", str(tmp_path_factory.mktemp("house") / "var"))
        settings = Settings(clock="sandbox")
        _land_first(settings)
        _build(settings, DAY_1)
        keep(settings, DAY_1)
        _land_second(settings)
        _build(settings, DAY_2)
        yield settings


def _land_first(settings):
    land(
        settings, "crm/contacts", DAY_1, {"contact_id": "c1", **EVA}, {"contact_id": "c2", "loyalty_id": "L2"}
    )
    land(
        settings, "shop/customers", DAY_1,
        {"account_id": "a1", "email": " EVA+web@mail.example", "first_name": "eva", "last_name": "Braun"},
        {"account_id": "a2", "email": "bob@mail.example", "first_name": "Bob", "last_name": "Braun"},
    )  # fmt: skip
    land(settings, "shop/orders", DAY_1, {"order_id": "o1", "account_id": "a1", "total_amount": 12})
    land(
        settings, "shop/order_lines", DAY_1,
        {"order_id": "o1", "line_number": 1, "sku": "kept"},
        {"order_id": "o1", "line_number": 2, "sku": "taken off later"},
    )  # fmt: skip
    land(settings, "stores/receipts", DAY_1, {"receipt_id": "r1", "loyalty_id": "L1"}, {"receipt_id": "r2"})
    newer = at("2026-03-14 08:00")
    land(
        settings,
        "stores/receipts",
        DAY_0,
        {"receipt_id": "r2", "email": "eva@mail.example", "updated_at": newer},
    )
    land(settings, "shop/web_events", DAY_0, {"event_id": "e0", "session_id": "s0", "cookie_id": "k1"})
    land(
        settings, "shop/web_events", DAY_1,
        {"event_id": "e1", "session_id": "s1", "cookie_id": "k1", "account_id": "a1"},
        {"event_id": "e2", "session_id": "s2", "cookie_id": "k2"},
    )  # fmt: skip


def _land_second(settings):
    """Corrections, a late event, an old row sent again; of the first night's partitions one comes again
    without a row that it had, one comes again empty, and one vanishes.
    """
    newer = at("2026-03-16 08:00")
    land(
        settings,
        "shop/orders",
        DAY_2,
        {"order_id": "o1", "account_id": "a1", "total_amount": 9, "updated_at": newer},
    )
    land(settings, "shop/order_lines", DAY_2, {"order_id": "o1", "line_number": 1, "sku": "corrected"})
    land(settings, "shop/web_events", DAY_2, {"event_id": "e3", "session_id": "s2", "cookie_id": "k1"})
    older = {"email": "old@mail.example", "updated_at": at("2026-02-01 00:00")}
    land(settings, "shop/customers", DAY_2, {"account_id": "a1", **older})
    land(settings, "email/subscribers", DAY_2, {"subscriber_id": "n1", "email": "bob@mail.example"})
    land(
        settings, "crm/contacts", DAY_1,
        {"contact_id": "c1", **EVA}, {"contact_id": "c3", "loyalty_id": "L3", "email": "c3@mail.example"},
    )  # fmt: skip
    land(settings, "shop/web_events", DAY_0)
    (settings.var / "lake/stores/receipts" / f"date={DAY_0}" / "data.parquet").unlink()


def _build(settings, day, full_refresh=False):
    open_candidate(settings, day, full_refresh)
    variables = json.loads(variables_file(settings).read_text())
    selected = [
        "path:seeds/identity",
        *(f"models/staging/{c}" for c in load_channels()),
        "models/intermediate",
    ]
    arguments = ["build", "--quiet", "--select", *selected]
    for kind in ("test", "unit_test"):
        arguments += ["--exclude-resource-type", kind]
    exit_code, _ = run_dbt(settings, arguments, candidate_file(settings), variables)
    assert exit_code == 0


def _read(settings, query):
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as con:
        return con.execute(query).fetchall()


def test_a_night_on_the_one_before_gives_what_a_rebuild_gives(house, tmp_path, monkeypatch):
    nightly = {table: _rows(house, table) for table in COMPARED}
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    rebuilt = Settings(clock="sandbox", lake_url=str(house.var / "lake"))
    _build(rebuilt, DAY_2, full_refresh=True)

    assert {table: _rows(rebuilt, table) for table in COMPARED} == nightly
    assert nightly["int_identity__customers"]
    assert nightly["int_identity__links"]


def _rows(settings, table):
    return sorted(map(repr, _read(settings, f"from {table}")))


def test_the_newest_version_of_a_row_holds(house):
    assert _read(house, "select amount from int_orders__unioned where order_id = 'o1'") == [(9,)]


def test_a_line_taken_off_an_order_is_gone(house):
    assert _read(house, "select sku from int_order_lines__unioned where order_key = 'shop|o1'") == [
        ("corrected",)
    ]


def test_an_update_does_not_move_a_record_s_arrival(house):
    arrived = "select arrived_date from int_identity__customers where record_id = 'shop|customers|a1'"

    assert _read(house, arrived) == [(DAY_1,)]


def test_rows_of_a_partition_that_vanished_or_shrank_are_gone(house):
    assert _read(
        house, "select count(*) from int_interactions__unioned where interaction_key like '%e0'"
    ) == [(0,)]
    assert _read(house, "select count(*) from int_identifiers__unioned where record_key = 'r2'") == [(0,)]
    assert _read(house, "select count(*) from int_records__unioned where record_key = 'c2'") == [(0,)]


def test_records_of_one_person_are_one_customer_and_a_brother_is_another(house):
    customers = dict(_read(house, "select record_id, customer_id from int_identity__customers"))

    assert len({customers[r] for r in ("crm|contacts|c1", "shop|customers|a1", "stores|receipts|r1")}) == 1
    assert customers["shop|web_events|s1"] == customers["shop|customers|a1"]
    assert (
        customers["shop|customers|a2"] == customers["email|subscribers|n1"] != customers["shop|customers|a1"]
    )


def test_a_receipt_without_identifier_is_nobody_s(house):
    assert _read(house, "select record_id from int_records__unioned where record_key = 'r2'")
    assert not _read(house, "select record_id from int_identity__customers where record_key = 'r2'")


def test_a_failed_test_stops_its_layer_and_is_named_without_values_of_rows(house):
    with duckdb.connect(str(candidate_file(house))) as con:
        con.execute(
            "insert into base_crm__contacts select * from base_crm__contacts where contact_id = 'c1' limit 1"
        )

    with pytest.raises(CheckFailed, match=r"test grain_int_memberships__unioned_record_id \(fail, 1 rows\)"):
        run_layer(house, "identity", DAY_2)

    kept = read_layer(house, DAY_2, "identity")
    assert kept.counts["success"] > 0
    assert kept.counts["pass"] > 0
    assert "grain_int_memberships__unioned_record_id" in {node.name for node in kept.broken}
    assert "mail.example" not in results_file(house, DAY_2, "identity").read_text()


def test_a_candidate_of_another_date_is_refused(house):
    with pytest.raises(CheckFailed, match=f"is opened for {DAY_2}, not {DAY_1}: clear open_candidate"):
        run_layer(house, "staging", DAY_1)
