"""A night after rows have expired is the night a rebuild gives, and says what became of customers' ids."""

import hashlib
import json
import shutil

import pytest

from include.retention.declaration import Retention, StreamRetention
from include.retention.lake import largest_expired_share
from include.retention.prune import prune
from include.retention.streams import for_ever, shapes_by_stream
from include.settings import Settings
from include.warehouse import published
from include.warehouse.audited import audit_path
from include.warehouse.candidate import open_candidate
from include.warehouse.inputs import inputs_folder, stage_inputs
from tests.warehouse.small_company import NIGHTS, SmallCompany
from tests.warehouse.test_incremental_equals_full import rows, run_night

LAST = NIGHTS[-1]
SUPPRESSING = ("bounce", "complaint", "unsubscribe")


def expire(settings, *streams):
    """Take the first night's partitions of these streams away, with the history that they brought."""
    keep = {"email/events": {"event_type": SUPPRESSING}}
    lake = {s: StreamRetention.model_construct(days=1, keep=keep.get(s, {})) for s in streams}
    return prune(settings, "lake", LAST, declared=Retention.model_construct(lake=lake))


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    """Two nights published, the third landed."""
    settings = Settings(var=tmp_path_factory.mktemp("retention") / "var", clock="sandbox")
    company = SmallCompany()
    for night in NIGHTS:
        company.land(settings, night)
        if night != LAST:
            run_night(settings, night)
    return settings


def copy_of(settings, name):
    other = Settings(var=settings.var.with_name(name), clock="sandbox")
    shutil.copytree(settings.var, other.var)
    return other


@pytest.fixture(scope="module")
def whole(two_nights):
    """The third night where nothing has expired."""
    return run_night(copy_of(two_nights, "whole"), LAST)


@pytest.fixture(scope="module")
def advised(two_nights):
    """The third night after events of e-mails have expired, which bear no record."""
    settings = copy_of(two_nights, "advised")
    assert expire(settings, "email/events")["email/events"] > 3
    return run_night(settings, LAST)


@pytest.fixture(scope="module")
def expired(two_nights):
    """The same where rows of every stream have expired that may be cut by date, and the lake that is left."""
    settings = copy_of(two_nights, "all")
    streams = [label for label, shapes in shapes_by_stream().items() if not for_ever(shapes)]
    gone = expire(settings, *(label for label in streams if label != "shop/order_lines"))
    assert gone.keys() == set(streams) and min(gone.values()) > 3
    return settings


@pytest.fixture(scope="module")
def all_events(expired):
    return run_night(copy_of(expired, "all-nightly"), LAST)


def different(one, other):
    marts = published.list_marts(one)
    assert {"dim_customers", "fct_interactions", "fct_suppressions"} <= set(marts)
    return [m for m in marts if not published.read_mart(one, m).equals(published.read_mart(other, m))]


def test_a_night_on_the_one_before_gives_what_a_rebuild_gives(expired, all_events):
    rebuilt = run_night(copy_of(expired, "all-rebuilt"), LAST, full_refresh=True)
    assert different(all_events, rebuilt) == []
    assert all_events.name == rebuilt.name


def test_a_night_after_a_large_share_has_expired_passes_its_audit_with_a_warning(expired, all_events, whole):
    assert largest_expired_share(expired, NIGHTS[1], LAST) > 0.5
    assert largest_expired_share(expired, NIGHTS[0], NIGHTS[1]) == 0
    settings = Settings(var=all_events.parents[1], clock="sandbox")
    checks = json.loads(audit_path(settings, LAST).read_text())["checks"]
    sizes = {c["model"]: c["status"] for c in checks if "size against the version before" in c["name"]}
    assert sizes["fct_orders"] == "warn"
    assert published.count_rows(all_events, "fct_orders") < published.count_rows(whole, "fct_orders") / 2


def test_as_advised_nothing_changes_but_what_had_expired(advised, whole):
    nightly = advised
    assert set(different(nightly, whole)) <= {
        "fct_message_events", "fct_interactions", "rpt_channel_results", "dim_customers",
    }  # fmt: skip
    before, after = ({row["event_key"] for row in rows(v, "fct_message_events")} for v in (whole, nightly))
    assert after < before
    ids = [{row["customer_id"] for row in rows(version, "dim_customers")} for version in (whole, nightly)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("case", ["advised", "all_events"])
def test_no_consent_and_no_suppression_is_lost(case, request, whole):
    nightly = request.getfixturevalue(case)
    refused = [
        {(row["channel"], row["mailbox_hash"], row["reason"]) for row in rows(version, "fct_suppressions")}
        for version in (whole, nightly)
    ]
    assert {reason for *_, reason in refused[0]} >= {"unsubscribed", "bounced", "erasure_requested"}
    assert refused[0] == refused[1]
    said = [
        {(row["consent_event_key"], row["status"]) for row in rows(version, "fct_consents")}
        for version in (whole, nightly)
    ]
    assert said[0] == said[1] and len(said[0]) > 50


def test_an_id_stays_unless_the_record_that_it_comes_from_has_lost_rows(all_events, whole):
    was = {key_of(r): r["customer_id"] for r in rows(whole, "customer_records")}
    now = {key_of(r): r["customer_id"] for r in rows(all_events, "customer_records")}
    assert now.keys() < was.keys()
    for_ever_there = {
        customer
        for key, customer in was.items()
        if anchored_on(key) == customer
        and key.split("|")[:2] in (["crm", "contacts"], ["email", "subscribers"])
    }
    assert len(for_ever_there) > 10
    assert for_ever_there <= set(now.values())
    changed = {was[key] for key in now if was[key] != now[key] and was[key] not in now.values()}
    assert changed  # their oldest record is gone, so their id comes from the oldest one that is left


def key_of(record):
    return "|".join((record["channel"], record["stream"], record["record_key"]))


def anchored_on(key):
    return "c" + hashlib.sha256(key.encode()).hexdigest()[:16]


def test_an_id_that_moves_is_a_merge_and_nobody_enters_an_audience_a_second_time(all_events, two_nights):
    nightly = all_events
    changes = {
        r["previous_customer_id"]: r["customer_id"]
        for r in rows(nightly, "fct_identity_changes")
        if r["business_date"] == LAST and r["change"] == "merged"
    }
    before = published.version_for(two_nights, NIGHTS[1])
    stays = {
        (r["audience"], r["customer_id"]): r["entered_date"] for r in rows(before, "fct_audience_membership")
    }
    now = {
        (r["audience"], r["customer_id"]): r["entered_date"] for r in rows(nightly, "fct_audience_membership")
    }
    carried = [
        (now[audience, changes[one]], entered)
        for (audience, one), entered in stays.items()
        if one in changes and (audience, changes[one]) in now
    ]
    assert carried
    assert all(entered_now <= entered for entered_now, entered in carried)


@pytest.mark.parametrize("case", ["advised", "all_events"])
def test_nobody_is_welcomed_a_second_time(case, request, two_nights):
    nightly = request.getfixturevalue(case)
    versions = [*(published.version_for(two_nights, night) for night in NIGHTS[:-1]), nightly]
    boxes, welcomed = {}, []
    for version in versions:
        boxes |= {r["contact_point_id"]: r["mailbox_hash"] for r in rows(version, "dim_contact_points")}
        sent = [r for r in rows(version, "fct_message_decisions") if r["decision"] == "send"]
        welcomed += [boxes[r["contact_point_id"]] for r in sent]
    assert len(welcomed) > 5
    assert len(set(welcomed)) == len(welcomed)


def test_a_build_under_way_keeps_the_rows_that_it_began_with(two_nights):
    settings = copy_of(two_nights, "under-way")
    open_candidate(settings, LAST, full_refresh=True)
    began = {file: file.read_bytes() for file in inputs_folder(settings).rglob("*.parquet")}
    gone = expire(settings, "email/events", "shop/web_events")
    assert min(gone.values()) > 10
    assert {file: file.read_bytes() for file in inputs_folder(settings).rglob("*.parquet")} == began
    found = stage_inputs(settings, LAST, {})
    assert len(found) == 3 * 13
