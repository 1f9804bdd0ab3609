"""The figures are those of the night's own rows, whenever the report is written."""

import json
from pathlib import Path

import pytest

from include.ledger.batches import ACKNOWLEDGED, VOID
from include.ledger.states import CLAIMED, CONFIRMED, PLANNED, UNKNOWN
from include.report import collect, write_report
from include.settings import Settings
from tests.unit.report.house import (
    AFTER,
    BEFORE,
    DAY,
    SENT,
    UNANSWERED,
    WITHDRAWN,
    Ledger,
    decision,
    land,
    land_channel,
    marts,
    members,
    publish,
)


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, clock="sandbox", time_zone="Europe/London")


@pytest.fixture
def ledger(house: Settings) -> Ledger:
    return Ledger(house)


def test_each_landed_stream_tells_where_its_rows_went(house):
    land(house, "crm", "contacts", DAY)
    streams = collect(house, DAY)["channels"]["crm"]
    assert streams["contacts"] == {
        "rows_in": 10,
        "loaded": 7,
        "duplicate": 1,
        "quarantined": {"bad_type": 1, "not_allowed": 1},
        "new_columns": [],
    }


def test_a_stream_that_did_not_land_is_absent_rather_than_empty(house):
    land(house, "crm", "contacts", DAY)
    figures = collect(house, DAY)
    assert list(figures["channels"]["crm"]) == ["contacts"]
    assert figures["channels"]["shop"] == {}


def test_without_a_version_the_lake_says_which_channels_are_behind(house):
    land_channel(house, "shop", DAY)
    land_channel(house, "stores", BEFORE)
    late = {entry["channel"]: entry["days"] for entry in collect(house, DAY)["stale"]}
    assert late["stores"] == 1
    assert late["email"] is None
    assert "shop" not in late


def test_with_a_version_it_says_what_the_build_saw(house):
    freshness = [{"channel": "shop", "days_stale": 0}, {"channel": "email", "days_stale": 2}]
    publish(house, DAY, marts(DAY, members(vip="a"), rpt_channel_freshness=freshness))
    assert collect(house, DAY)["stale"] == [{"channel": "email", "days": 2}]


def test_audiences_are_compared_to_the_newest_version_of_an_earlier_date(house):
    publish(house, BEFORE, marts(BEFORE, members(lapsed_buyers="a b c", gone="a")))
    publish(house, DAY, marts(DAY, members(lapsed_buyers="b c d e")))
    publish(house, AFTER, marts(AFTER, members(lapsed_buyers="x")))
    audiences = collect(house, DAY)["audiences"]
    assert audiences["lapsed_buyers"] == {"size": 4, "entered": 2, "left": 1}
    assert audiences["gone"] == {"size": 0, "entered": 0, "left": 1}
    assert audiences["new_customers"] == {"size": 0, "entered": 0, "left": 0}


def test_only_this_nights_changes_of_identity_count(house):
    changes = [
        {"change": "new", "customer_id": "a", "previous_customer_id": None, "business_date": DAY},
        {"change": "merged", "customer_id": "a", "previous_customer_id": "b", "business_date": DAY},
        {"change": "merged", "customer_id": "a", "previous_customer_id": "c", "business_date": DAY},
        {"change": "new", "customer_id": "d", "previous_customer_id": None, "business_date": BEFORE},
    ]
    publish(house, DAY, marts(DAY, members(vip="a b c"), fct_identity_changes=changes))
    assert collect(house, DAY)["customers"] == {"total": 3, "known": 3, "new": 1, "merged": 2, "split": 0}


def test_messages_are_told_by_decision_and_by_what_became_of_them(house, ledger):
    asked = [decision(None)] * 3 + [decision("no_consent")] * 2 + [decision("already_told")]
    publish(house, DAY, marts(DAY, members(vip="a"), fct_message_decisions=asked))
    for key, fate in {"sent": SENT, "unanswered": UNANSWERED, "withdrawn": WITHDRAWN}.items():
        ledger.message(key, DAY, *fate)
    figures = collect(house, DAY)
    assert figures["messages"]["welcome"]["email"] == {
        "candidates": 6,
        "carried": 0,
        "send": 3,
        "refused": {"already_told": 1, "no_consent": 2},
        "states": {"confirmed": 1, "suppressed": 1, "unknown": 1},
        "held_back": {"already_told": 1, "consent_withdrawn": 1, "no_consent": 2},
    }
    assert figures["destinations"]["email_relay"] == {
        "planned": 3,
        "sent": 2,
        "confirmed": 1,
        "rejected": 0,
        "unknown": 1,
        "held_back": {"already_told": 1, "consent_withdrawn": 1, "no_consent": 2},
    }


def test_what_a_later_night_settles_is_that_nights_figure(house, ledger):
    publish(house, DAY, marts(DAY, members(vip="a")))
    ledger.message("late", DAY, *UNANSWERED)
    told = collect(house, DAY)
    ledger.message("other", AFTER)
    ledger.message("later", DAY, *UNANSWERED, (AFTER, CONFIRMED, None))
    again = collect(house, DAY)
    assert told["messages"]["welcome"]["email"]["states"] == {"unknown": 1}
    assert again["messages"]["welcome"]["email"]["states"] == {"unknown": 2}
    assert again["settled"] == {}
    assert collect(house, AFTER)["settled"] == {"confirmed": 1}


def test_a_message_put_back_and_sent_on_a_later_night_counts_where_it_went_out(house, ledger):
    publish(house, DAY, marts(DAY, members(vip="a")))
    publish(house, AFTER, marts(AFTER, members(vip="a"), fct_message_decisions=[decision("no_consent")]))
    back = (DAY, PLANNED, "quiet_hours")
    ledger.message("m", DAY, back, (AFTER, CLAIMED, None), (AFTER, CONFIRMED, None))
    first = collect(house, DAY)["messages"]["welcome"]["email"]
    second = collect(house, AFTER)["messages"]["welcome"]["email"]
    assert (first["states"], first["held_back"]) == ({"put_back": 1}, {"quiet_hours": 1})
    assert (second["states"], second["carried"], second["candidates"]) == ({"confirmed": 1}, 1, 2)


def test_syncs_count_members_by_outcome_and_add_up_to_their_destination(house, ledger):
    ledger.sync("lapsed_buyers", DAY, {ACKNOWLEDGED: 4, UNKNOWN: 2, PLANNED: 1, VOID: 5}, {"no_consent": 9})
    ledger.sync("new_customers", DAY, {ACKNOWLEDGED: 3}, {"no_consent": 1})
    figures = collect(house, DAY)
    assert figures["syncs"]["lapsed_buyers_to_mailhouse"] == {
        "audience": "lapsed_buyers",
        "destination": "mailhouse",
        "members": 50,
        "planned": 7,
        "sent": 6,
        "confirmed": 4,
        "rejected": 0,
        "unknown": 2,
        "held_back": {"no_consent": 9},
    }
    assert figures["destinations"]["mailhouse"]["confirmed"] == 7
    assert figures["destinations"]["mailhouse"]["held_back"] == {"no_consent": 10}


def test_a_night_with_nothing_to_deliver_says_zero_rather_than_nothing(house):
    figures = collect(house, DAY)
    assert figures["destinations"]["mailhouse"]["planned"] == 0
    assert figures["destinations"]["email_relay"]["sent"] == 0


def test_checks_of_a_stream_count_even_where_it_did_not_land(house):
    folder = house.var / "runlog" / str(DAY)
    folder.mkdir(parents=True)
    between = {"expectation": "expect_column_values_to_be_between", "column": "amount", "failed": 4}
    share = {"expectation": "quarantined_rows_to_be_few", "column": "", "failed": 4}
    exists = {"expectation": "expect_column_to_exist", "column": "amount", "failed": None}
    checks = [
        {**between, "severity": "warning", "passed": False},
        {**share, "severity": "critical", "passed": False},
        {**exists, "severity": "critical", "passed": True},
    ]
    (folder / "stores.receipts.checks.json").write_text(json.dumps(checks))
    assert collect(house, DAY)["checks"] == {
        "passed": 1,
        "warnings": 1,
        "failed": 1,
        "findings": [
            {"check": "stores/receipts: quarantined rows to be few", "severity": "failed", "failures": 4},
            {
                "check": "stores/receipts: amount column values to be between",
                "severity": "warning",
                "failures": 4,
            },
        ],
    }


def test_checks_of_layers_and_audit_are_counted_by_severity(house):
    folder = house.warehouse / "results" / str(DAY)
    folder.mkdir(parents=True)
    node = {"resource_type": "test", "failures": 0, "seconds": 0.1}
    nodes = [
        {**node, "name": "unique_a", "status": "pass"},
        {**node, "name": "late_b", "status": "warn", "failures": 3},
        {**node, "name": "dim_c", "status": "success", "resource_type": "model"},
        {**node, "name": "dim_d", "status": "error", "resource_type": "model", "failures": None},
        {**node, "name": "unique_d", "status": "skipped"},
    ]
    layer = {"layer": "staging", "business_date": str(DAY), "counts": {}, "nodes": nodes}
    (folder / "staging.json").write_text(json.dumps(layer))
    checks = [{"name": "dim_customers: has rows", "model": "dim_customers", "status": "fail", "failures": 1}]
    (folder / "audit.json").write_text(json.dumps({"has_passed": False, "checks": checks}))
    assert collect(house, DAY)["checks"] == {
        "passed": 1,
        "warnings": 1,
        "failed": 2,
        "findings": [
            {"check": "dim_customers: has rows", "severity": "failed", "failures": 1},
            {"check": "dim_d", "severity": "failed", "failures": 0},
            {"check": "late_b", "severity": "warning", "failures": 3},
        ],
    }


def test_the_report_is_written_whole_and_written_again_the_same(house, ledger):
    publish(house, DAY, marts(DAY, members(lapsed_buyers="a b")))
    ledger.message("m", DAY, *SENT)
    page = write_report(house, DAY, {"ingest": 1.5})
    first = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    write_report(house, DAY, {"ingest": 1.5})
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == first
    assert sorted(first) == ["index.html", "summary.json"]
    assert json.loads(first["summary.json"])["seconds"] == {"ingest": 1.5}


def test_seconds_left_by_the_command_are_taken_over(house):
    folder = house.reports / str(DAY)
    folder.mkdir(parents=True)
    (folder / "stages.json").write_text('{"ingest": 2.5}')
    write_report(house, DAY)
    assert json.loads((folder / "summary.json").read_text())["seconds"] == {"ingest": 2.5}


def test_nobody_is_named_in_either_file(house, ledger):
    publish(house, DAY, marts(DAY, members(lapsed_buyers="customer_secret_id")))
    ledger.message("secret_key", DAY, *SENT)
    folder = write_report(house, DAY).parent
    for path in folder.iterdir():
        assert "secret" not in path.read_text()
