"""Daily files in a folder and in a bucket: none forgotten, none half read, no row swallowed."""

import codecs
import csv
import gzip
import io
import json
import random
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.channels import Column, FilesSource, load_channels
from include.connections import Connection
from include.errors import FixConnection, FixSource, OmniError, RetryLater
from include.lake.reasons import ColumnMissing, Reason, Unreadable
from include.settings import Settings
from include.sources import files
from include.sources.interval import interval
from include.sources.land import land_stream
from tests.fixtures.s3 import s3_server
from tests.unit.lake.landing import landed_rows, refused_rows, stage
from tests.unit.sources.rows import event

EVENTS = load_channels()["shop"].streams["web_events"]
DAY = date(2026, 3, 15)
CSV = EVENTS.model_copy(
    update={
        "source": FilesSource(kind="files", path="{date}.csv", format="csv"),
        "columns": {
            name: Column(name=name, type="string", required=name != "note") for name in ("id", "name", "note")
        },
        "key": ("id",),
    }
)


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of daily files."""
    return tmp_path / "drop"


@pytest.fixture
def place(folder: Path) -> Connection:
    """The connection to it."""
    return Connection("shop_events", "fs", extra={"path": str(folder)})


def put(folder: Path, day: str, content: bytes) -> None:
    file = folder / f"web_events/date={day}/events.ndjson.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)


def read(
    place: Connection, settings: Settings, landed: list[date] | None = None, stream: Any = EVENTS
) -> list[Any]:
    span = interval(settings, landed or [], DAY)
    return [row for rows in files.read(stream, place, span) for row in rows]


def test_the_first_read_takes_every_day_up_to_its_own_and_later_ones_only_what_is_new(
    folder: Path, place: Connection, settings: Settings
) -> None:
    for day in (12, 13, 14, 15, 16):
        put(folder, f"2026-03-{day}", gzip.compress(lines(event(day))))
    assert [row["event_id"] for row in read(place, settings)] == ["e12", "e13", "e14", "e15"]
    assert [row["event_id"] for row in read(place, settings, [date(2026, 3, 13)])] == ["e14", "e15"]


@pytest.mark.parametrize("there", [[12, 13, 14], [12, 14, 15], []])
def test_a_missing_day_is_the_sources_fault_and_is_named(
    folder: Path, place: Connection, settings: Settings, there: list[int]
) -> None:
    for day in there:
        put(folder, f"2026-03-{day}", gzip.compress(lines(event(day))))
    folder.mkdir(exist_ok=True)
    with pytest.raises(FixSource, match=r"lacks 1 of|holds no file"):
        read(place, settings)


def test_a_day_may_be_missing_where_that_is_declared(
    folder: Path, place: Connection, settings: Settings
) -> None:
    put(folder, "2026-03-12", gzip.compress(lines(event(12))))
    source = EVENTS.source.model_copy(update={"may_be_missing": True})  # type: ignore[union-attr]
    assert len(read(place, settings, stream=EVENTS.model_copy(update={"source": source}))) == 1


def test_a_file_cut_off_anywhere_is_never_read_as_a_short_day(
    folder: Path, place: Connection, settings: Settings
) -> None:
    whole = gzip.compress(lines(*(event(n) for n in range(500))))
    put(folder, "2026-03-15", whole)
    file = folder / "web_events/date=2026-03-15/events.ndjson.gz"
    for length in range(0, len(whole), len(whole) // 40):
        file.write_bytes(whole[:length])
        with pytest.raises(FixSource):
            found = read(place, settings)
            assert found == []
            land_stream("shop", "web_events", DAY, place, settings)


def test_lines_that_are_no_records_are_quarantined_and_the_others_go_on(
    folder: Path, place: Connection, settings: Settings
) -> None:
    good = [json.dumps(event(n)).encode() for n in range(200)]
    odd = [
        b'{"half": ', b"[1, 2]", b"NaN", b"\xff\xfe\x00", b"{" * 100_000, b'"text"', b'{"event_id": NaN}',
        json.dumps(event(900, page="\ud800")).encode(),
        lines(event(901)).strip().replace(b"page_view", b"\xff"),
    ]  # fmt: skip
    put(folder, "2026-03-15", gzip.compress(b"\n".join([*good, *odd, b"", b"  "]) + b"\n"))
    stream = EVENTS.model_copy(update={"max_quarantined_share": 0.5})
    staged = stage(settings, stream, read(place, settings))
    assert staged.manifest["loaded"] == 200
    assert staged.manifest["rows_in"] == 200 + len(odd) + 1
    assert staged.manifest["reasons"] == {"bad_text": 2, "not_json": 8}


def csv_rows(place: Connection, settings: Settings, folder: Path, text: bytes) -> list[Any]:
    folder.mkdir(exist_ok=True)
    (folder / "2026-03-15.csv").write_bytes(text)
    return read(place, settings, stream=CSV)


def test_csv_is_read_by_its_header_blank_cells_being_null(
    folder: Path, place: Connection, settings: Settings
) -> None:
    found = csv_rows(
        place, settings, folder, '\ufeffid,name,note\r\n1,"Lee, Ana",\r\n2,"say ""hi""",x\r\n'.encode()
    )
    assert found == [
        {"id": "1", "name": "Lee, Ana", "note": None},
        {"id": "2", "name": 'say "hi"', "note": "x"},
    ]


def test_an_open_quote_spoils_its_own_line_and_swallows_no_other(
    folder: Path, place: Connection, settings: Settings
) -> None:
    dice = random.Random(7)
    text = [f"{n},name {n},note {n}" for n in range(4000)]
    spoilt = set(dice.sample(range(4000), 40))
    for n in spoilt:
        text[n] = dice.choice(
            [f'{n},"name {n},note', f'{n},na"me,"note', f"{n},name", f'{n},"a"b,c', f"{n},a,b,c"]
        )
    found = csv_rows(place, settings, folder, ("id,name,note\n" + "\n".join(text)).encode())

    loaded = {int(row["id"]) for row in found if isinstance(row, dict)}
    refused = [row for row in found if isinstance(row, Unreadable)]
    assert len(found) == 4000
    assert loaded == set(range(4000)) - spoilt
    assert sorted(int(row.raw.split(",")[0]) for row in refused) == sorted(spoilt)


@pytest.mark.parametrize("text", [b"", b"id,id,note\n1,2,3\n", b'id,"na'])
def test_a_csv_without_a_good_header_is_the_sources_fault(
    folder: Path, place: Connection, settings: Settings, text: bytes
) -> None:
    with pytest.raises(FixSource, match="header"):
        csv_rows(place, settings, folder, text)


PLAIN = EVENTS.model_copy(update={"source": FilesSource(kind="files", path="{date}.ndjson", format="ndjson")})
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
RECORDS = st.dictionaries(st.text(min_size=1, max_size=4), VALUES | st.lists(VALUES, max_size=2), max_size=4)
GARBAGE = st.sampled_from(["{", "[1]", "7", '"a"', "null", "NaN", " ", '{"a": 1, "a": 2}', "9" * 5000,
                           '{"a": 1e99999999999999999999}'])  # fmt: skip
CELLS = st.text(st.characters(exclude_characters="\r\n\0\ufeff", exclude_categories=["Cs"]), max_size=6)
QUICK = hypothesis.settings(max_examples=150, deadline=None, derandomize=True, database=None)


def read_file(name: str, content: bytes, stream: Any) -> list[Any]:
    """What is read of a single day's file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        connection = Connection("shop_events", "fs", extra={"path": folder})
        return read(connection, Settings(var=Path(folder)), stream=stream)


@given(st.lists(st.tuples(RECORDS | GARBAGE, st.booleans(), st.sampled_from(["\n", "\r\n"])), max_size=12))
@QUICK
def test_of_lines_of_json_none_is_lost_and_none_is_invented(entries: list[Any]) -> None:
    content, expected = "", []
    for entry, is_marked, end in entries:
        text = entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)
        content += "\ufeff" * is_marked + text + end
        expected.append(entry)
    found = read_file("2026-03-15.ndjson", content.encode(), PLAIN)
    assert [row.raw if isinstance(row, Unreadable) else row for row in found] == expected


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12), st.sampled_from([",", ";", "\t", "|", " "]))
@QUICK
def test_of_csv_rows_none_is_lost_and_none_is_invented(rows: list[Any], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("id", "name", "note"), *rows])
    source = FilesSource(kind="files", path="{date}.csv", format="csv", delimiter=delimiter)
    found = read_file("2026-03-15.csv", out.getvalue().encode(), CSV.model_copy(update={"source": source}))
    assert found == [{"id": a or None, "name": b or None, "note": c or None} for a, b, c in rows]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE,
                                  codecs.BOM_UTF32_BE])  # fmt: skip
@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_a_file_marked_as_another_encoding_is_the_sources_fault(mark: bytes, kind: str) -> None:
    stream = CSV if kind == "csv" else PLAIN
    encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
                codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"}[mark]  # fmt: skip
    content = mark + '{"event_id": "e1"}\n'.encode(encoding)
    with pytest.raises(FixSource, match=f"web_events: 2026-03-15.{kind} is marked as UTF-16 or UTF-32"):
        read_file(f"2026-03-15.{kind}", content, stream)


def test_a_byte_order_mark_costs_no_row_and_no_column(
    folder: Path, place: Connection, settings: Settings
) -> None:
    one = b"\xef\xbb\xbf" + lines(event(1), event(2))
    put(folder, "2026-03-15", gzip.compress(one) + gzip.compress(one.replace(b"e1", b"e3")))
    assert [row["event_id"] for row in read(place, settings)] == ["e1", "e2", "e3", "e2"]
    text = "\ufeff\ufeffid,name,note\n1,a,b\n\ufeff2,c,d\n".encode()
    assert [row["id"] for row in csv_rows(place, settings, folder, text)] == ["1", "2"]


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "0000-00-00", "2026-00-10"])
def test_a_file_of_a_day_that_no_calendar_has_is_named(
    folder: Path, place: Connection, settings: Settings, day: str
) -> None:
    put(folder, "2026-03-15", gzip.compress(lines(event(1))))
    put(folder, day, gzip.compress(lines(event(2))))
    said = f"shop_events holds web_events/date={day}/events.ndjson.gz, and no calendar has the day {day}. Ask"
    with pytest.raises(FixSource, match=said):
        read(place, settings)


def test_a_line_that_names_a_key_twice_is_refused_counted_and_kept(
    folder: Path, place: Connection, settings: Settings
) -> None:
    good = [json.dumps(event(n)) for n in range(50)]
    bad = json.dumps(event(60)).replace('"page": null', '"page": "a", "page": "b"')
    inner = json.dumps(event(61)).replace('"page": null', '"more": {"a": 1, "a": 1}')
    put(folder, "2026-03-15", gzip.compress("\n".join([*good, bad, inner]).encode()))
    [manifest] = land_stream("shop", "web_events", DAY, place, settings)
    assert (manifest["rows_in"], manifest["loaded"], manifest["reasons"]) == (52, 50, {"doubled_key": 2})
    raw = [json.loads(row["raw"])["_line"] for row in refused_rows(settings, "shop/web_events")]
    assert raw == [bad, inner]
    assert Reason.DOUBLED_KEY == "doubled_key"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Connection]:
    """A bucket behind the S3 protocol, with two days of events."""
    with s3_server() as url:
        extra = {"endpoint_url": url, "bucket": "shop-events", "region_name": "eu-west-2"}
        store = boto3.client(
            "s3", endpoint_url=extra["endpoint_url"], aws_access_key_id="k", aws_secret_access_key="s",
            region_name="eu-west-2",
        )  # fmt: skip
        store.create_bucket(
            Bucket="shop-events", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )
        for day in (14, 15):
            content = gzip.compress(lines(*(event(day * 1000 + n) for n in range(300))))
            store.put_object(
                Bucket="shop-events", Key=f"web_events/date=2026-03-{day}/events.ndjson.gz", Body=content
            )
        yield Connection("shop_events", "aws", login="k", password="s", extra=extra)


def test_a_bucket_is_read_and_landed_like_a_folder(bucket: Connection, settings: Settings) -> None:
    [manifest] = land_stream("shop", "web_events", DAY, bucket, settings)
    assert (manifest["rows_in"], manifest["loaded"]) == (600, 600)
    assert manifest["source"] == "shop_events web_events/date={date}/events.ndjson.gz"
    assert len(landed_rows(settings, "shop/web_events")) == 600
    assert refused_rows(settings, "shop/web_events") == []


def test_a_days_object_that_is_missing_in_the_bucket_stops_the_stream(
    bucket: Connection, settings: Settings
) -> None:
    with pytest.raises(FixSource, match=r"lacks 1 of 1 files .*: 2026-03-16"):
        list(files.read(EVENTS, bucket, interval(settings, [DAY], date(2026, 3, 16))))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"bucket": "nobody-owns-this"}, OmniError),
        ({"endpoint_url": "http://127.0.0.1:9"}, RetryLater),
        ({"bucket": ""}, FixConnection),
    ],
)
def test_a_bucket_out_of_reach_is_never_an_empty_one(
    bucket: Connection, settings: Settings, wrong: dict[str, str], error: type[Exception]
) -> None:
    extra = {**bucket.extra, **wrong}
    with pytest.raises(error):
        read(Connection("shop_events", "aws", login="k", password="s", extra=extra), settings)


def test_a_csv_that_lost_a_column_stops_the_stream(
    folder: Path, place: Connection, settings: Settings
) -> None:
    from include.lake.validate import Tally, validate
    from include.lake.verdict import check_shape

    tally = Tally()
    validate(CSV, csv_rows(place, settings, folder, b"id,full_name,note\n1,a,b\n2,c,d\n"), tally)
    with pytest.raises(ColumnMissing, match=r"name \(renamed to full_name\?\)"):
        check_shape(CSV, tally, False, "csv")
