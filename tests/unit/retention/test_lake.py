"""Rows that have expired leave the lake; what the next night needs, and what must never go, stays."""

import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from include.errors import FixRequest, RetryLater
from include.lake import runlog
from include.lake import store as stores
from include.lake.manifests import last_landed, manifests, read_manifest
from include.lake.replay import export, replay
from include.ledger import states
from include.ledger.engine import writing
from include.report.arrivals import channel_figures
from include.retention.declaration import Retention
from include.retention.lake import largest_expired_share
from include.retention.prune import prune, pruned
from include.settings import Settings
from include.sources.land import land_stream
from include.warehouse import phones
from tests.unit.lake.landing import DAY, files, landed_rows, refused_rows
from tests.unit.report.house import Ledger, at
from tests.unit.sources.api import Api
from tests.unit.sources.rows import order

OLD, NEWEST = DAY, DAY + timedelta(days=40)
MIDDLE = [DAY + timedelta(days=n) for n in (1, 20)]
NIGHTS = [OLD, *MIDDLE, NEWEST]
ORDERS = Retention.model_validate({"lake": {"shop/orders": {"days": 30}}, "quarantine": 30})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def noon(day: date) -> str:
    return f"{day}T12:00:00+00:00"


@pytest.fixture
def landed(api: Api, settings: Settings) -> Settings:
    """Orders with their lines over forty days, two of the first day refused: their lines land."""
    api.rows["orders"] = [order(n, at=noon(OLD)) for n in range(60)]
    api.rows["orders"] += [order(90, at=noon(OLD), status="lost"), order(91, at=noon(OLD), status="lost")]
    for night in NIGHTS:
        api.rows["orders"] += [order(night.toordinal(), at=noon(night))]
        land_stream("shop", "orders", night, api.connection(), settings)
    return settings


def lake(settings: Settings, day: date = NEWEST, dry_run: bool = False, **declared):
    found = Retention.model_validate({"lake": declared["of"]}) if declared else ORDERS
    return prune(settings, "lake", day, dry_run, found)


def rows_left(settings: Settings, label: str) -> dict[date, int]:
    channel, stream = label.split("/")
    return {d: len(landed_rows(settings, label, d)) for d in manifests(settings, channel, stream)}


def test_rows_older_than_their_days_go_with_the_rows_that_are_nested_in_them(landed):
    before = rows_left(landed, "shop/orders"), rows_left(landed, "shop/order_lines")

    assert lake(landed) == {"shop/order_lines": 128, "shop/orders": 62}

    assert before == (
        dict(zip(NIGHTS, [61, 1, 1, 1], strict=True)),
        dict(zip(NIGHTS, [126, 2, 2, 2], strict=True)),
    )
    assert rows_left(landed, "shop/orders") == dict(zip(NIGHTS, [0, 0, 1, 1], strict=True))
    assert rows_left(landed, "shop/order_lines") == dict(zip(NIGHTS, [0, 0, 2, 2], strict=True))


def test_how_large_a_share_went_is_known_also_where_a_crash_kept_it_from_the_run_log(landed):
    assert largest_expired_share(landed, OLD, NEWEST) == 0
    lake(landed)
    log = runlog.folder(landed, NEWEST) / "prune.lake.jsonl"
    log.write_text(log.read_text().splitlines()[0] + "\n")
    assert largest_expired_share(landed, OLD, NEWEST) == 128 / 132
    assert largest_expired_share(landed, OLD, NEWEST - timedelta(days=1)) == 0
    assert largest_expired_share(landed, NEWEST + timedelta(days=1), NEWEST + timedelta(days=2)) == 0


def test_a_day_is_kept_for_exactly_its_days(landed):
    assert lake(landed, OLD + timedelta(days=30)) == {}
    assert lake(landed, OLD + timedelta(days=31)) == {"shop/order_lines": 126, "shop/orders": 61}


def test_a_dry_run_counts_the_same_and_changes_nothing(landed):
    before = files(landed)
    assert lake(landed, dry_run=True) == {"shop/order_lines": 128, "shop/orders": 62}
    assert prune(landed, "quarantine", NEWEST, True, ORDERS) == {"shop/orders": 2}
    assert files(landed) == before
    assert pruned(landed, NEWEST) == {}


def test_done_again_it_finds_nothing_and_what_went_is_written_down(landed):
    lake(landed)
    prune(landed, "quarantine", NEWEST, declared=ORDERS)
    assert lake(landed) == {}
    assert pruned(landed, NEWEST) == {
        "lake": {"shop/order_lines": 128, "shop/orders": 62},
        "quarantine": {"shop/orders": 2},
    }
    manifest = read_manifest(landed, "shop", "orders", OLD)
    assert manifest["pruned"] == {"on": str(NEWEST), "rows": 61, "keep": {}}


def test_an_old_night_keeps_its_counts(landed):
    before = channel_figures(landed, OLD)["shop"]["orders"]
    lake(landed)
    prune(landed, "quarantine", NEWEST, declared=ORDERS)

    assert channel_figures(landed, OLD)["shop"]["orders"] == before
    manifest = read_manifest(landed, "shop", "orders", OLD)
    assert manifest["rows_in"] == manifest["loaded"] + manifest["duplicate"] + manifest["quarantined"] == 63
    assert refused_rows(landed, "shop/orders", OLD) == []
    assert not list((landed.var / "quarantine").rglob("*.parquet"))


def test_the_next_night_reads_on_from_where_the_last_one_ended(api, landed):
    lake(landed)
    api.asked.clear()
    night = NEWEST + timedelta(days=1)
    api.rows["orders"].append(order(5000, at=noon(night)))

    _, manifest = land_stream("shop", "orders", night, api.connection(), landed)

    assert (manifest["rows_in"], manifest["loaded"], manifest["within_lag"]["again"]) == (1, 1, 0)
    assert {query["updated_from"][:10] for _, query in api.asked} == {str(NEWEST)}
    assert last_landed(landed, "shop", night) is None  # other streams of the shop have not landed


def test_a_stream_that_stood_still_keeps_its_newest_rows_and_those_within_its_lag(api, settings):
    evening = f"{OLD}T21:00:00+00:00"
    api.rows["orders"] = [order(n, at=evening) for n in range(60)] + [order(77, at=evening, status="lost")]
    land_stream("shop", "orders", OLD, api.connection(), settings)
    api.rows["orders"].append(order(70, at=noon(MIDDLE[0])))
    land_stream("shop", "orders", MIDDLE[0], api.connection(), settings)
    before = files(settings)

    assert lake(settings, OLD + timedelta(days=400)) == {}
    assert prune(settings, "quarantine", OLD + timedelta(days=400), declared=ORDERS) == {}

    assert files(settings) == before


def test_a_day_that_has_expired_and_is_landed_again_expires_again(api, landed):
    lake(landed)
    land_stream("shop", "orders", OLD, api.connection(), landed)
    assert rows_left(landed, "shop/orders")[OLD] == 61
    assert "pruned" not in read_manifest(landed, "shop", "orders", OLD)
    assert lake(landed)["shop/orders"] == 61


def test_a_refused_row_is_not_brought_back_to_a_day_whose_rows_have_expired(landed):
    lake(landed)
    row = {**next(export(landed, "shop", "orders", OLD)), "status": "paid"}
    with pytest.raises(FixRequest, match=f"shop/orders of {OLD}: its rows have expired"):
        replay(landed, "shop", "orders", OLD, [row])
    assert rows_left(landed, "shop/orders")[OLD] == 0


def test_a_stream_that_is_being_landed_is_left_alone_for_now(landed):
    before = files(landed)
    with runlog.alone(landed, "shop/orders"), pytest.raises(RetryLater):
        lake(landed)
    assert files(landed) == before


def event(number: int, kind: str) -> dict[str, object]:
    at = noon(OLD if number < 10 else NEWEST)
    said = {"event_id": f"e{number}", "event_type": kind, "occurred_at": at, "updated_at": at}
    nothing = dict.fromkeys(("campaign", "url", "reason", "device_type"))
    return {**said, **nothing, "message_id": f"m{number}", "recipient": f"p{number}@example.com"}


EVENTS = {"email/events": {"days": 30, "keep": {"event_type": ["bounce", "complaint", "unsubscribe"]}}}


@pytest.fixture
def mailed(api: Api, settings: Settings) -> Settings:
    """Events of an old day and of the newest one."""
    kinds = ["accepted", "delivered", "open", "click", "bounce", "complaint", "unsubscribe"]
    api.rows["events"] = [event(n, kind) for n, kind in enumerate(kinds)] + [event(20, "open")]
    for night in (OLD, NEWEST):
        land_stream("email", "events", night, api.connection(), settings)
    return settings


def test_who_unsubscribed_complained_or_bounced_is_never_forgotten(mailed):
    assert lake(mailed, of=EVENTS, dry_run=True) == lake(mailed, of=EVENTS) == {"email/events": 4}
    left = landed_rows(mailed, "email/events", OLD)
    assert left["event_type"].to_pylist() == ["bounce", "complaint", "unsubscribe"]
    assert left["recipient"].to_pylist() == ["p4@example.com", "p5@example.com", "p6@example.com"]
    assert left.schema.names == landed_rows(mailed, "email/events", NEWEST).schema.names
    assert lake(mailed, of=EVENTS) == {}


def test_less_is_kept_once_less_is_declared(mailed):
    more = {
        "email/events": {
            "days": 30,
            "keep": {"event_type": [*EVENTS["email/events"]["keep"]["event_type"], "open"]},
        }
    }
    assert lake(mailed, of=more) == {"email/events": 3}
    assert lake(mailed, of=EVENTS) == {"email/events": 1}
    assert read_manifest(mailed, "email", "events", OLD)["pruned"]["rows"] == 4


def test_what_may_have_left_keeps_the_events_that_settle_it(mailed):
    ledger = Ledger(mailed)
    ledger.message("unanswered", OLD, (OLD, states.CLAIMED, None), (OLD, states.UNKNOWN, "no_reply"))
    assert lake(mailed, of=EVENTS) == {}
    with writing(ledger.engine) as db:
        held = states.held(db, "unanswered")
        states.move(db, states.Run(NEWEST, at(NEWEST)), held, states.CONFIRMED, why="its events have landed")
    assert lake(mailed, of=EVENTS) == {"email/events": 4}


def test_spellings_of_telephone_numbers_go_with_the_rows_that_had_them(api, settings):
    api.rows["orders"] = [order(1, at=noon(OLD), phone="07700 900001", country="GB"), order(2, at=noon(OLD))]
    land_stream("shop", "orders", OLD, api.connection(), settings)
    api.rows["orders"].append(order(3, at=noon(NEWEST), phone=" 07700 900003", country="United Kingdom"))
    land_stream("shop", "orders", NEWEST, api.connection(), settings)
    keys = build_lookup(settings)
    assert {key.split("|")[0] for key in keys} == {"07700 900001", "07700 900003"}

    lake(settings)

    assert lookup(settings) == [key for key in keys if "900003" in key]


def build_lookup(settings: Settings) -> list[str]:
    from include.warehouse.inputs import stage_inputs

    settings.warehouse.mkdir(parents=True, exist_ok=True)
    stage_inputs(settings, NEWEST, None)
    return lookup(settings)


def lookup(settings: Settings) -> list[str]:
    return pq.read_table(phones.lookup_file(settings))["lookup_key"].to_pylist()


def test_the_run_log_says_what_went_and_names_nobody(landed):
    lake(landed)
    text = (runlog.folder(landed, NEWEST) / "prune.lake.jsonl").read_text()
    begun, done = map(json.loads, text.splitlines())
    assert begun["counts"] == {"shop/order_lines": 0, "shop/orders": 0}
    assert done["counts"] == {"shop/order_lines": 128, "shop/orders": 62}
    assert "@" not in text


def test_the_lake_may_be_a_bucket(api, settings, s3_lake):
    remote = settings.model_copy(update={"lake_url": s3_lake})
    api.rows["orders"] = [order(n, at=noon(OLD), phone="07700 900001") for n in range(60)]
    api.rows["orders"] += [order(90, at=noon(OLD), status="lost"), order(91, at=noon(NEWEST))]
    for night in (OLD, NEWEST):
        land_stream("shop", "orders", night, api.connection(), remote)
    keys = build_lookup(remote)

    gone = lake(remote), prune(remote, "quarantine", NEWEST, declared=ORDERS)

    assert gone == ({"shop/order_lines": 122, "shop/orders": 60}, {"shop/orders": 1})
    assert (lake(remote), prune(remote, "quarantine", NEWEST, declared=ORDERS)) == ({}, {})
    path = stores.lake(remote).path("shop", "orders", OLD)
    with stores.lake(remote).open(path) as file:
        assert pq.read_metadata(file).num_rows == 0
    assert stores.quarantine(remote).dates("shop", "orders") == []
    assert manifests(remote, "shop", "orders")[OLD]["loaded"] == 60
    assert (len(keys), lookup(remote)) == (1, [])
