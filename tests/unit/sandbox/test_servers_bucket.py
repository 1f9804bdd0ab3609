"""The shop's event bucket over S3."""

import gzip
import json

import pytest
import s3fs
from botocore.exceptions import ClientError

from tests.unit.sandbox.conftest import Servers


def bucket(servers: Servers, **changed) -> s3fs.S3FileSystem:
    known = servers.connections["shop_events"]
    values = {"key": known["login"], "secret": known["password"]} | changed
    return s3fs.S3FileSystem(
        **values, client_kwargs={"endpoint_url": known["extra"]["endpoint_url"]}, skip_instance_cache=True,
        use_listings_cache=False,
    )  # fmt: skip


def events(servers: Servers, day: str) -> list[dict]:
    content = bucket(servers).cat_file(f"shop-events/web_events/date={day}/events.ndjson.gz")
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


def test_there_is_one_object_a_day_up_to_the_present_day(servers):
    found = bucket(servers).glob("shop-events/web_events/*/events.ndjson.gz")

    assert [path.split("/")[2] for path in found] == [f"date=2026-03-{day:02d}" for day in range(1, 16)]


def test_an_object_holds_what_arrived_that_day_doubled_rows_twice(servers):
    assert [row["event_id"] for row in events(servers, "2026-03-02")] == ["e1", "e1"]
    assert events(servers, "2026-03-02")[0]["occurred_at"] == "2026-03-02T10:00:00.000000+00:00"
    assert events(servers, "2026-03-15") == []


def test_an_unknown_key_is_refused(servers):
    with pytest.raises((ClientError, PermissionError)):
        bucket(servers, key="nobody").ls("shop-events")


def test_an_empty_feed_has_objects_with_nothing_in_them(servers, faults):
    faults("shop", "empty_feed", stream="web_events")

    assert events(servers, "2026-03-02") == []


def test_a_renamed_column_is_renamed_in_every_object(servers, faults):
    faults("shop_events", "rename_column", stream="web_events", column="cookie_id", to="visitor")

    assert events(servers, "2026-03-02")[0]["visitor"] == "c"
