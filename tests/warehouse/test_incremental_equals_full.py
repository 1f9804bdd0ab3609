"""Three nights of a small company: built on top of each other, or the last one from the lake alone."""

import json
import shutil

import pytest

from include.ledger.history import snapshot
from include.ledger.messages import plan
from include.settings import Settings
from include.warehouse import published
from include.warehouse.audit import audit
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.dbt import run_dbt
from include.warehouse.layers import LAYERS, results_file
from include.warehouse.publish import publish
from tests.warehouse.small_company import NIGHTS, SmallCompany


def build(settings, night, full_refresh=False):
    """The whole project in one dbt run, without its tests: those belong to every night, not to this one."""
    open_candidate(settings, night, full_refresh)
    snapshot(settings, before=night)
    variables = json.loads(variables_file(settings).read_text())
    excluded = ["--exclude-resource-type", "test", "unit_test"]
    code, _ = run_dbt(settings, ["build", "--quiet", *excluded], candidate_file(settings), variables)
    assert code == 0
    for layer in LAYERS:
        path = results_file(settings, night, layer)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"layer": layer, "business_date": str(night), "counts": {}, "nodes": []}))


def run_night(settings, night, full_refresh=False):
    build(settings, night, full_refresh)
    audit(settings, night)
    version = publish(settings, night)
    plan(settings, night)
    return settings.published / version


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Versions of three nights built on top of each other, and the third built from the lake alone."""
    settings = Settings(var=tmp_path_factory.mktemp("nights") / "var", clock="sandbox")
    rebuilt = Settings(var=settings.var.with_name("rebuilt"), clock="sandbox")
    company, versions = SmallCompany(), []
    for night in NIGHTS:
        company.land(settings, night)
        if night == NIGHTS[-1]:
            shutil.copytree(settings.var, rebuilt.var)
        versions.append(run_night(settings, night))
    return settings, versions, run_night(rebuilt, NIGHTS[-1], full_refresh=True)


def rows(version, mart, *columns):
    return published.read_mart(version, mart, list(columns) or None).to_pylist()


def test_every_mart_is_the_same_byte_for_byte(nights):
    _, versions, full = nights
    marts = published.list_marts(full)
    different = [
        mart for mart in marts
        if not published.read_mart(versions[-1], mart).equals(published.read_mart(full, mart))
    ]  # fmt: skip
    assert {"dim_customers", "fct_interactions", "fct_identity_changes"} <= set(marts)
    assert different == []
    assert versions[-1].name == full.name


def test_the_nights_were_hard_enough_to_prove_something(nights):
    _, versions, _ = nights
    changes = {(row["business_date"], row["change"]) for row in rows(versions[-1], "fct_identity_changes")}
    entered = {row["entered_date"] for row in rows(versions[-1], "fct_audience_membership")}
    reasons = {row["reason"] for row in rows(versions[-1], "fct_message_decisions")}
    assert {(NIGHTS[1], "merged"), (NIGHTS[2], "merged")} <= changes
    assert any(change == "split" for _, change in changes)
    assert entered == set(NIGHTS)
    assert {None, "no_contact_point", "no_consent", "suppressed", "already_told"} <= reasons


def test_nobody_is_welcomed_twice_whoever_they_are_later_found_to_be(nights):
    _, versions, _ = nights
    now = {
        (row["channel"], row["stream"], row["record_key"]): row["customer_id"]
        for row in rows(versions[-1], "customer_records")
    }
    sent = [
        row
        for version in versions
        for row in rows(version, "fct_message_decisions")
        if row["decision"] == "send"
    ]
    welcomed = [now[tuple(row["trigger_record"].split("|"))] for row in sent]
    assert len(welcomed) > 5
    assert len(set(welcomed)) == len(welcomed)


def test_no_mailbox_is_welcomed_twice_however_many_share_it(nights):
    _, versions, _ = nights
    welcomed = []
    for version in versions:
        boxes = {row["contact_point_id"]: row["mailbox_hash"] for row in rows(version, "dim_contact_points")}
        sent = [row for row in rows(version, "fct_message_decisions") if row["decision"] == "send"]
        welcomed += [boxes[row["contact_point_id"]] for row in sent]
    assert len(welcomed) > 5
    assert len(set(welcomed)) == len(welcomed)


def test_no_address_leaves_the_one_place_for_addresses(nights):
    _, versions, _ = nights
    assert any("@" in row["address"] for row in rows(versions[-1], "dim_contact_points"))
    for mart in published.list_marts(versions[-1]):
        if mart != "dim_contact_points":
            assert "@mail.example" not in str(rows(versions[-1], mart)), mart
