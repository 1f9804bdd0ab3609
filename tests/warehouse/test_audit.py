"""The gate between build and publish: what it lets through, what it stops, and that it shows no values."""

import json
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.channels import load_channels
from include.errors import CheckFailed
from include.quality.suite import Before, compared
from include.settings import Settings
from include.warehouse import audit as audit_module
from include.warehouse import audited, versions
from include.warehouse.audit import audit
from include.warehouse.candidate import candidate_file, variables_file
from include.warehouse.layers import LAYERS, results_file
from include.warehouse.listed import audience_names

DAY = date(2026, 3, 15)
HEALTHY = """
create table dim_customers as select 'c' || i as customer_id, 'GB' as country from range(100) as t (i);
create table customer_records as
    select customer_id, 'shop' as channel, 'customers' as stream, 'k' || customer_id as record_key
    from dim_customers;
create table dim_contact_points as
    select 'p' || customer_id as contact_point_id, customer_id, 'email' as channel,
        customer_id || '@mail.example' as address, true as is_preferred, true as has_marketing_consent,
        false as is_suppressed
    from dim_customers;
create table fct_orders as
    select 'o' || customer_id as order_key, customer_id, 10.0 as company_amount from dim_customers;
create table fct_returns as select 'r1' as return_key, 2.0 as company_amount;
create table fct_carts as select 'k1' as cart_key, 3.0 as company_amount;
create table fct_order_lines as select order_key, 1 as line_number from fct_orders;
create table fct_interactions as
    select 'i' || customer_id as interaction_key, customer_id, '2026-03' as month from dim_customers;
create table fct_audience_membership as
    select a.audience, 'c1' as customer_id, date '2026-03-15' as entered_date
    from (values $audiences) as a (audience);
create table rpt_channel_freshness as
    select 'shop' as channel, true as is_required, 0 as days_stale, date '2026-03-15' as business_date
    union all select 'email', false, 0, date '2026-03-15';
create table decision_reasons as select 'no_consent' as reason;
create table int_messages__told as select 'm0' as message_key;
create table fct_message_decisions as
    select 'm1' as message_key, 'welcome' as journey, 'email' as step, 't1' as trigger_id,
        'marketing' as purpose, 'pc1' as contact_point_id, 'send' as decision, null::varchar as reason
    union all select 'm2', 'welcome', 'email', 't2', 'marketing', 'pc2', 'refuse', 'no_consent';
"""
SPOILT = """
update dim_customers set country = 'eva@mail.example' where customer_id = 'c5';
alter table dim_customers add column email varchar;
delete from dim_customers where customer_id in ('c6', 'c1');
update dim_contact_points set address = 'eva at mail', is_preferred = false where customer_id = 'c7';
insert into dim_contact_points values ('p8', 'c8', 'sms', '0771 234', true, true, false);
update customer_records set record_key = null where customer_id = 'c9';
update fct_orders set order_key = null where customer_id = 'c9';
delete from fct_order_lines;
update fct_message_decisions set reason = 'because' where message_key = 'm2';
update dim_contact_points set is_suppressed = true, has_marketing_consent = false where customer_id = 'c1';
insert into int_messages__told values ('m1');
update rpt_channel_freshness set days_stale = 1;
update fct_audience_membership set entered_date = date '2026-03-16' where audience = 'new_customers';
delete from fct_audience_membership where audience = 'lapsed_buyers';
update fct_orders set company_amount = null where customer_id in ('c3', 'c4', 'c5');
update fct_returns set company_amount = null;
update fct_carts set company_amount = null;
"""
FAILED = {
    "customer_records: rows and their ids (null record key)",
    "dim_contact_points: every customer it names exists (orphans)",
    "dim_contact_points: one preferred address, and the shape of addresses (odd emails)",
    "dim_contact_points: one preferred address, and the shape of addresses (odd phones)",
    "dim_contact_points: one preferred address, and the shape of addresses (preferred twice)",
    "dim_customers: no personal data (personal columns)",
    "dim_customers: no personal data (rows with an address)",
    "fct_audience_membership: members exist, and entered by now (future members)",
    "fct_audience_membership: members exist, and entered by now (unknown members)",
    "fct_interactions: every customer it names exists (orphans)",
    "fct_message_decisions: every refusal has a known reason, and nothing else has one (unexplained)",
    "fct_message_decisions: whom it sends to has agreed, is not blocked, and was not told (to suppressed)",
    "fct_message_decisions: whom it sends to has agreed, is not blocked, and was not told (told before)",
    "fct_message_decisions: whom it sends to has agreed, is not blocked, and was not told (without consent)",
    "fct_order_lines: rows and their ids (rows)",
    "fct_orders: every customer it names exists (orphans)",
    "fct_orders: rows and their ids (null order key)",
    "rpt_channel_freshness: channels are fresh (stale required)",
}
WARNED = {
    "exchange_rates: every currency has a rate on its day (orders without a rate)",
    "exchange_rates: every currency has a rate on its day (returns without a rate)",
    "exchange_rates: every currency has a rate on its day (carts without a rate)",
    "fct_audience_membership: no audience is empty (empty audiences)",
    "rpt_channel_freshness: channels are fresh (stale optional)",
}


@pytest.fixture
def settings(tmp_path):
    """A healthy candidate of the day with every layer built."""
    settings = Settings(var=tmp_path / "var", clock="sandbox")
    settings.warehouse.mkdir(parents=True)
    audiences = ", ".join(f"('{name}')" for name in audience_names())
    change(settings, HEALTHY.replace("$audiences", audiences))
    variables_file(settings).write_text(json.dumps({"business_date": str(DAY)}))
    for layer in LAYERS:
        keep_layer(settings, layer, [])
    return settings


def change(settings, statements):
    with duckdb.connect(str(candidate_file(settings))) as con:
        con.execute(statements)


def keep_layer(settings, layer, nodes):
    path = results_file(settings, DAY, layer)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"layer": layer, "business_date": str(DAY), "counts": {}, "nodes": nodes}))


def kept(settings):
    return json.loads(audited.audit_path(settings, DAY).read_text())


def test_a_healthy_candidate_may_be_published_as_it_is_and_not_otherwise(settings):
    result = audit(settings, DAY)

    assert set(result.counts) == {"pass"} and result.counts["pass"] > 30
    audited.require_audit(settings, DAY, candidate_file(settings))
    change(settings, "update dim_customers set country = 'FR'")
    with pytest.raises(CheckFailed, match="changed since"):
        audited.require_audit(settings, DAY, candidate_file(settings))


def test_every_fault_is_found_named_and_counted_without_a_value(settings):
    change(settings, SPOILT)

    with pytest.raises(CheckFailed) as stopped:
        audit(settings, DAY)

    checks = kept(settings)["checks"]
    assert {check["name"] for check in checks if check["status"] == "fail"} == FAILED
    assert {check["name"] for check in checks if check["status"] == "warn"} == WARNED
    assert all(name in str(stopped.value) for name in FAILED)
    assert "clear open_candidate" in str(stopped.value)
    shown = audited.audit_path(settings, DAY).read_text() + str(stopped.value)
    assert not [value for value in ("eva", "mail.example", "0771", "because") if value in shown]
    with pytest.raises(CheckFailed, match="failed"):
        audited.require_audit(settings, DAY, candidate_file(settings))


@pytest.mark.parametrize(
    ("rows_before", "status"), [(100, "pass"), (110, "warn"), (200, "fail"), (45, "fail")]
)
def test_customers_may_not_vanish_or_multiply_overnight(settings, rows_before, status):
    version = "2026-03-14-0123456789ab"
    (settings.published / version).mkdir(parents=True)
    versions.record(settings, version)
    table = pa.table({"customer_id": [str(number) for number in range(rows_before)]})
    pq.write_table(table, settings.published / version / "dim_customers.parquet")

    try:
        audit(settings, DAY)
    except CheckFailed as error:
        assert status == "fail" and "size against the version before" in str(error)
    found = {c["status"] for c in kept(settings)["checks"] if "dim_customers: size against" in c["name"]}
    assert status in found and found <= {status, "pass", "warn"}


def published(settings, **marts):
    """A version of the night before."""
    version = settings.published / "2026-03-14-0123456789ab"
    version.mkdir(parents=True)
    versions.record(settings, version.name)
    for name, rows in marts.items():
        pq.write_table(pa.table(rows), version / f"{name}.parquet")


def statuses(settings, part):
    return {check["status"] for check in kept(settings)["checks"] if part in check["name"]}


def test_orders_in_a_currency_without_a_rate_are_counted_and_stop_nothing(settings):
    change(settings, "update fct_orders set company_amount = null where customer_id in ('c3', 'c4', 'c5')")

    result = audit(settings, DAY)

    (warning,) = [check for check in result.checks if check.status == "warn"]
    assert warning.name == "exchange_rates: every currency has a rate on its day (orders without a rate)"
    assert warning.failures == 3


def test_what_rests_on_a_shape_that_no_channel_gives_may_be_empty_night_after_night(settings, monkeypatch):
    published(settings, fct_orders={"order_key": []}, fct_order_lines={"order_key": []})
    change(settings, "delete from fct_orders; delete from fct_order_lines")
    with pytest.raises(CheckFailed, match=r"fct_orders: rows and their ids \(rows\)"):
        audit(settings, DAY)

    monkeypatch.setattr(audit_module, "absent_shapes", lambda: ("orders", "order_lines"))

    assert set(audit(settings, DAY).counts) == {"pass"}


def test_on_the_night_after_a_channel_was_removed_a_jump_in_size_is_a_warning(settings):
    channels = [*load_channels(), "tills"]
    published(settings, fct_orders={"order_key": [str(n) for n in range(900)]},
              rpt_channel_freshness={"channel": channels})  # fmt: skip

    assert audit(settings, DAY).counts["warn"] == 2
    assert statuses(settings, "fct_orders: size against") == {"warn"}


def test_with_the_same_channels_it_stops_the_night(settings):
    published(settings, fct_orders={"order_key": [str(n) for n in range(900)]},
              rpt_channel_freshness={"channel": list(load_channels())})  # fmt: skip

    with pytest.raises(CheckFailed, match="fct_orders: size against the version before"):
        audit(settings, DAY)


def test_a_layer_that_broke_or_is_missing_or_of_another_date_stops_the_night(settings):
    broken = {"name": "unique_x", "resource_type": "test", "status": "fail", "failures": 3, "seconds": 0}
    keep_layer(settings, "profile", [broken])
    with pytest.raises(CheckFailed, match=r"layer profile is built and tested \[1\]"):
        audit(settings, DAY)

    results_file(settings, DAY, "journeys").unlink()
    with pytest.raises(CheckFailed, match="layer journeys was not built"):
        audit(settings, DAY)

    variables_file(settings).write_text(json.dumps({"business_date": "2026-03-14"}))
    with pytest.raises(CheckFailed, match="opened for 2026-03-14, not 2026-03-15"):
        audit(settings, DAY)


def test_what_landed_explains_that_a_mart_grows_or_shrinks():
    made = Before({}, landed={"dim_customers": 300})
    [critical, _] = compared("dim_customers", 100, made).expectations
    assert (critical.min_value, critical.max_value) == (-2.0, 4.0)
    [critical, _] = compared("dim_customers", 100_000, made).expectations
    assert (critical.min_value, critical.max_value) == (0.8, 2.0)
    [critical, _] = compared("fct_orders", 100, made).expectations
    assert (critical.min_value, critical.max_value) == (0.8, 2.0)


def test_a_flood_of_guest_orders_is_a_warning_and_orders_out_of_nothing_stop_the_night(settings, monkeypatch):
    published(settings, fct_orders={"order_key": ["1"]})
    with pytest.raises(CheckFailed, match="fct_orders: size against the version before"):
        audit(settings, DAY)

    monkeypatch.setattr(audit_module, "_rows_landed", lambda *_: 100)
    audit(settings, DAY)
    assert statuses(settings, "fct_orders: size against") == {"pass", "warn"}


def test_rows_of_nights_that_were_left_out_count_as_landed_too(settings, monkeypatch):
    version = settings.published / "2026-03-12-0123456789ab"
    version.mkdir(parents=True)
    versions.record(settings, version.name)
    days = []
    monkeypatch.setattr(audit_module, "read_manifest", lambda *of: days.append(of[3]) or {"loaded": 7})

    streams = sum(len(channel.streams) for channel in load_channels().values())
    assert audit_module._rows_landed(settings, DAY) == 7 * 3 * streams
    assert {str(day) for day in days} == {"2026-03-13", "2026-03-14", "2026-03-15"}
