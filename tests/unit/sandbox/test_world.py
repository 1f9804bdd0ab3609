"""The made-up company: the same from the same seed, whole, dated, and told without its secrets."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import phonenumbers
import pyarrow.compute as pc
import pytest

from include.sandbox.world import (
    WorldSpec,
    build_day,
    build_history,
    build_people,
)
from include.sandbox.world import build as build_module
from include.sandbox.world.calendar import number
from include.sandbox.world.tables import SCHEMAS, columns

SPEC = WorldSpec(seed=5, people=800)
DAY = SPEC.first_date + timedelta(days=2)
END_OF_HISTORY = datetime(2026, 3, 16, tzinfo=UTC)
NO_MESSAGES = pd.DataFrame({"recipient": [], "sent_at": []})
KEYS = {
    ("shop", "customers"): ["account_id"], ("shop", "orders"): ["order_id"],
    ("shop", "order_lines"): ["order_id", "line_number"], ("shop", "carts"): ["cart_id"],
    ("shop", "web_events"): ["event_id"], ("stores", "receipts"): ["receipt_id"],
    ("stores", "receipt_lines"): ["receipt_id", "line_number"], ("stores", "returns"): ["return_id"],
    ("crm", "contacts"): ["contact_id"], ("crm", "preferences"): ["preference_id"],
    ("crm", "consents"): ["consent_event_id"], ("email", "subscribers"): ["subscriber_id"],
    ("email", "events"): ["event_id"],
}  # fmt: skip
REQUIRED = {
    ("shop", "customers"): "account_id created_at updated_at email",
    ("shop", "orders"): "order_id ordered_at updated_at status currency total_amount",
    ("shop", "order_lines"): "order_id line_number sku quantity unit_price",
    ("shop", "carts"): "cart_id created_at updated_at status currency total_amount",
    ("shop", "web_events"): "event_id occurred_at session_id cookie_id event_type",
    ("stores", "receipts"): "receipt_id store_id sold_at updated_at currency total_amount",
    ("stores", "receipt_lines"): "receipt_id line_number updated_at sku quantity unit_price",
    (
        "stores",
        "returns",
    ): "return_id receipt_id returned_at updated_at store_id sku quantity amount currency",
    ("crm", "contacts"): "contact_id loyalty_id created_at updated_at",
    ("crm", "preferences"): "preference_id contact_id updated_at topic value",
    ("crm", "consents"): "consent_event_id purpose channel status occurred_at updated_at jurisdiction",
    ("email", "subscribers"): "subscriber_id email created_at updated_at status",
    ("email", "events"): "event_id event_type occurred_at updated_at message_id recipient",
}
PERSON_BEARING = {
    ("shop", "customers"): "account_id", ("shop", "orders"): "order_id", ("shop", "carts"): "cart_id",
    ("shop", "web_events"): "session_id", ("stores", "receipts"): "receipt_id",
    ("crm", "contacts"): "contact_id", ("email", "subscribers"): "subscriber_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    return build_history(SPEC)


@pytest.fixture(scope="module")
def day():
    return build_day(SPEC, None, DAY, NO_MESSAGES)


@pytest.fixture(params=["world", "day"])
def told(request):
    return request.getfixturevalue(request.param)


def frame(world, channel, stream) -> pd.DataFrame:
    return world.tables[channel, stream].to_pandas()


def latest(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    return rows.dropna(subset=key).sort_values("_visible_at", kind="stable").drop_duplicates(key, keep="last")


def assert_same(one, other) -> None:
    assert one.tables.keys() == other.tables.keys()
    for stream, table in one.tables.items():
        assert table.equals(other.tables[stream]), stream
    assert one.truth_records.equals(other.truth_records)
    assert one.truth_people.equals(other.truth_people)


def test_the_same_seed_gives_the_same_world(world):
    build_module._people.cache_clear()
    assert_same(world, build_history(SPEC))


def test_another_seed_gives_another_world(world):
    other = build_history(WorldSpec(seed=6, people=800))
    for stream, table in world.tables.items():
        assert table.num_rows > 50, stream
        assert not table.equals(other.tables[stream]), stream


def test_a_day_does_not_depend_on_what_was_made_before_it(day, world):
    build_module._people.cache_clear()
    assert_same(day, build_day(SPEC, world.people, DAY, NO_MESSAGES))
    build_day(SPEC, world.truth_people, DAY - timedelta(days=1), NO_MESSAGES)
    assert_same(day, build_day(SPEC, world.truth_people, DAY, NO_MESSAGES))


def test_a_day_of_the_history_is_refused(world):
    with pytest.raises(ValueError, match="part of the history"):
        build_day(SPEC, world.people, SPEC.first_date, NO_MESSAGES)


def test_every_stream_has_its_columns(told):
    assert set(told.tables) == set(SCHEMAS) == set(KEYS)
    for stream, table in told.tables.items():
        assert [(field.name, field.type) for field in table.schema] == columns(stream)


def test_only_broken_rows_lack_what_is_required(told):
    for stream, names in REQUIRED.items():
        table = told.tables[stream]
        sound = table.filter(pc.is_null(table["_broken"]))
        assert {name: sound[name].null_count for name in names.split()} == dict.fromkeys(names.split(), 0), (
            stream
        )


def test_broken_rows_are_broken(world):
    kinds = set()
    for stream, names in REQUIRED.items():
        rows = world.tables[stream].filter(pc.is_valid(world.tables[stream]["_broken"])).to_pandas()
        kinds |= set(rows["_broken"])
        lacking = rows[names.split()].isna().any(axis=1)
        unreadable = rows.isin(["abc"]).any(axis=1)
        assert (lacking | unreadable).all(), stream
    assert kinds == {"missing_key", "missing_value", "bad_amount"}


def test_versions_of_a_key_show_one_after_the_other(told):
    for stream, key in KEYS.items():
        rows = frame(told, *stream).dropna(subset=key)
        assert not rows.duplicated([*key, "_visible_at"]).any(), stream
        if "updated_at" in rows:
            assert (rows["updated_at"] == rows["_visible_at"]).all(), stream
        assert rows["_copies"].isin([1, 2]).all()
        assert rows["_visible_at"].notna().all()


def test_what_happened_shows_when_it_happened_or_later(told):
    for stream, moment in {
        ("shop", "customers"): "created_at", ("shop", "orders"): "ordered_at",
        ("shop", "carts"): "created_at", ("shop", "web_events"): "occurred_at",
        ("stores", "receipts"): "sold_at", ("crm", "contacts"): "created_at",
        ("crm", "consents"): "occurred_at", ("email", "subscribers"): "created_at",
        ("email", "events"): "occurred_at",
    }.items():  # fmt: skip
        rows = frame(told, *stream)
        assert (rows["_visible_at"] >= rows[moment]).all(), stream


def test_history_ends_with_the_first_date_and_a_day_begins_after_it(world, day):
    start = pd.Timestamp(DAY, tz="UTC")
    for stream in SCHEMAS:
        history, later = frame(world, *stream), frame(day, *stream)
        assert (history["_visible_at"] < END_OF_HISTORY).any(), stream
        assert (later["_visible_at"] >= start).all(), stream
    sold = frame(world, "stores", "receipts")["sold_at"]
    assert sold.max() < END_OF_HISTORY
    assert sold.min() > END_OF_HISTORY - timedelta(days=366)
    assert frame(day, "stores", "receipts")["sold_at"].between(start, start + timedelta(days=1)).all()


def test_some_of_the_history_shows_later(world):
    for stream in (("stores", "receipts"), ("shop", "orders"), ("stores", "returns"), ("email", "events")):
        assert (frame(world, *stream)["_visible_at"] >= END_OF_HISTORY).any(), stream


def test_documents_add_up_to_their_lines(world):
    for channel, head, line, key in (
        ("shop", "orders", "order_lines", "order_id"), ("stores", "receipts", "receipt_lines", "receipt_id"),
    ):  # fmt: skip
        heads = latest(frame(world, channel, head), [key])
        lines = frame(world, channel, line)
        sound = ~heads[key].isin(lines.loc[lines["_broken"].notna(), key]) & heads["_broken"].isna()
        lines = latest(lines, [key, "line_number"])
        lines = lines[lines[key].isin(heads.loc[sound, key])]
        amount = lines["unit_price"].map(Decimal) * lines["quantity"].map(int)
        totals = amount.groupby(lines[key]).sum()
        stated = heads[sound].set_index(key)["total_amount"].map(Decimal)
        assert len(totals) > 500
        assert (totals.reindex(stated.index) == stated).all()


def test_lines_are_numbered_from_one(world):
    lines = latest(frame(world, "shop", "order_lines"), ["order_id", "line_number"])
    whole = lines.groupby("order_id")["line_number"].agg(["min", "max", "count"])
    assert (whole["max"] >= whole["count"]).all()
    assert (whole["min"] == 1).mean() > 0.98


def test_truth_covers_every_record_and_no_other(told):
    truth = told.truth_records.to_pandas()
    assert not truth.duplicated(["channel", "stream", "record_key"]).any()
    for (channel, stream), key in PERSON_BEARING.items():
        rows = frame(told, channel, stream)
        if stream in ("orders", "carts"):
            rows = rows[rows["account_id"].isna()]
        rows = rows[(rows["_broken"] != "missing_key")]
        if stream == "subscribers":
            continue
        told_of = set(truth.query("channel == @channel and stream == @stream")["record_key"])
        assert set(rows[key].dropna()) <= told_of, stream
        assert len(told_of) <= rows[key].nunique() * 1.02 + 2, stream


def test_every_subscriber_is_somebody(world, day):
    known = set(world.truth_records.to_pandas().query("stream == 'subscribers'")["record_key"])
    assert set(frame(world, "email", "subscribers")["subscriber_id"].dropna()) <= known
    new = set(day.truth_records.to_pandas().query("stream == 'subscribers'")["record_key"])
    assert set(frame(day, "email", "subscribers")["subscriber_id"].dropna()) <= known | new


def test_people_of_the_truth_are_those_who_have_joined(world):
    people = world.truth_people.to_pandas()
    assert len(people) == SPEC.people
    assert people["person_id"].is_unique
    assert people["joined_on"].max() <= SPEC.first_date
    assert set(world.truth_records["person_id"].to_pylist()) <= set(people["person_id"])


def test_newcomers_join_at_the_same_rate_after_the_history():
    spec = WorldSpec(seed=5, people=4000)
    people = build_people(spec, spec.first_date + timedelta(days=365))
    joined = people.persons["joined"] - number(spec.first_date)
    first_week, later = ((joined > low) & (joined <= high) for low, high in ((-7, 0), (0, 364)))
    assert 15 < first_week.sum() < 50
    assert 1500 < later.sum() <= 1600


def test_a_newcomer_is_seen_on_the_day_of_joining():
    spec = WorldSpec(seed=5, people=4000)
    day = spec.first_date + timedelta(days=1)
    world = build_day(spec, None, day, NO_MESSAGES)
    new = set(world.truth_people["person_id"].to_pylist())
    assert new
    assert new <= set(world.truth_records["person_id"].to_pylist())
    assert (world.truth_people.to_pandas()["joined_on"] == day).all()


def test_hidden_traits_are_in_no_channel(world):
    hidden = set(world.truth_people.column_names) - {
        "first_name", "last_name", "email", "phone", "country", "language", "time_zone", "gender",
        "birth_date",
    }  # fmt: skip
    for stream, table in world.tables.items():
        assert not hidden & set(table.column_names), stream
    ids = set(world.truth_people["person_id"].to_pylist())
    contacts = frame(world, "crm", "contacts")
    assert not contacts.isin(ids).any().any()


def test_keys_of_later_days_are_new_or_later_versions(world, day):
    for stream in (("stores", "receipts"), ("shop", "web_events"), ("email", "events"), ("shop", "carts")):
        key = KEYS[stream][0]
        before, after = (set(frame(w, *stream)[key].dropna()) for w in (world, day))
        assert after
        assert not before & after, stream


def test_carts_hold_json(world):
    carts = frame(world, "shop", "carts")
    assert set(carts["status"].dropna()) == {"open", "ordered"}
    items = json.loads(carts["items"].iloc[0])
    assert set(items[0]) == {"sku", "category", "quantity", "unit_price"}


def test_telephone_numbers_exist(world):
    people = world.truth_people.to_pandas()
    numbers = pd.concat([people["phone"], people["new_phone"]])
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(text)) for text in numbers)
    assert people["phone"].is_unique


def test_names_are_cyrillic_in_some_systems_and_latin_in_others(world):
    def cyrillic(rows):
        russian = rows[rows["country"].isin(["RU", "KZ"])].dropna(subset=["last_name"])
        assert len(russian) > 10
        return russian["last_name"].str.contains("[А-я]").mean()

    assert cyrillic(frame(world, "crm", "contacts")) > 0.95
    assert cyrillic(frame(world, "stores", "receipts")) == 0
