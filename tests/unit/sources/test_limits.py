"""What a source sends is bounded, in bytes, ratio, fields, values and time; an honest one meets no limit."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.answers import MOST_VALUES, TooMuch
from include.channels import Column, FilesSource, load_channels
from include.connections import Connection
from include.errors import FixConnection, FixSource, RetryLater
from include.lake.reasons import Reason, Unreadable
from include.settings import Settings
from include.sources import files, http, land, rest
from include.sources.interval import interval
from include.sources.json_rows import MOST_FIELDS
from include.sources.land import land_stream
from include.sources.lines import KEPT, LONGEST_LINE, MIB
from tests.unit.lake.landing import refused_rows
from tests.unit.sources.api import Api
from tests.unit.sources.rows import contact, event

CONTACTS = load_channels()["crm"].streams["contacts"]
EVENTS = load_channels()["shop"].streams["web_events"]
CSV = EVENTS.model_copy(
    update={
        "source": FilesSource(kind="files", path="{date}.csv", format="csv"),
        "columns": {"id": Column(name="id", type="string", required=True)},
        "key": ("id",),
    }
)
DAY = date(2026, 3, 15)
PATH = "web_events/date=2026-03-15/events.ndjson.gz"


def packed(piece: bytes, times: int) -> bytes:
    """Gzip of a piece many times over, without holding that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(piece) for _ in range(times)), packer.flush()])


@contextmanager
def at_most(mib: int) -> Iterator[None]:
    """No more than so many MiB are held at once."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0 < peak < mib * MIB, f"{peak / MIB:.0f} MiB"


def read(connection: Connection, size: int = 1) -> list[Any]:
    assert CONTACTS.source is not None
    source = CONTACTS.source.model_copy(update={"page_size": size})
    stream = CONTACTS.model_copy(update={"source": source})
    return [row for page in rest.read(stream, connection, span()) for row in page]


def span() -> Any:
    return interval(Settings(), [], DAY)


def page(text: bytes) -> bytes:
    return b'{"data": [' + text + b'], "next_cursor": null, "total": 1}'


def test_an_answer_that_unpacks_to_much_more_is_stopped_and_not_asked_for_again(api: Api) -> None:
    api.replies = [(200, {"Content-Encoding": "gzip"}, packed(b" " * MIB, 200))] * 2
    with at_most(200), pytest.raises(TooMuch, match="unpacks to more than 100 times its size"):
        read(api.connection())
    assert len(api.asked) == 1


@pytest.mark.parametrize("named", ["gzip, gzip", "gzip,deflate", "br", "zstd", "x-gzip", "identity, br"])
def test_what_is_packed_twice_or_as_nobody_asked_is_not_unpacked(api: Api, named: str) -> None:
    api.replies = [(200, {"Content-Encoding": named}, gzip.compress(gzip.compress(page(b""))))] * 2
    with at_most(20), pytest.raises(FixSource, match="Content-Encoding"):
        read(api.connection())
    assert len(api.asked) == 1


def test_two_headers_of_one_coding_each_are_two_codings() -> None:
    twice = gzip.compress(gzip.compress(page(b"")))
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    )
    answer = head % len(twice) + twice
    with (
        serving(lambda client: client.sendall(answer)) as connection,
        pytest.raises(FixSource, match="Content-Encoding"),
    ):
        read(connection)


@pytest.mark.parametrize("coding", ["gzip", "GZip", "deflate", "identity", ""])
def test_an_honest_answer_is_read_however_it_is_packed(api: Api, coding: str) -> None:
    rows = [contact(n) for n in range(1, 900)]
    text = json.dumps({"data": rows, "next_cursor": None, "total": len(rows)}).encode()
    pack: dict[str, Callable[[bytes], bytes]] = {"deflate": zlib.compress, "identity": bytes, "": bytes}
    api.replies = [
        (200, {"Content-Encoding": coding} if coding else {}, pack.get(coding, gzip.compress)(text))
    ]
    assert read(api.connection()) == rows


def test_an_answer_of_more_than_the_agreed_size_names_what_to_change(api: Api) -> None:
    api.replies = [(200, {}, page(b'"' + b"x" * (33 * MIB) + b'"'))] * 2
    with at_most(120), pytest.raises(TooMuch, match=r"more than 32 MiB.*page_size.*extra\.max_answer_mib"):
        read(api.connection())
    assert len(api.asked) == 1
    api.replies = [(200, {}, page(json.dumps(contact(1) | {"note": "x" * 2 * MIB}).encode()))]
    with pytest.raises(TooMuch, match=r"more than 1\.5 MiB"):
        read(api.connection(max_answer_mib=1.5))


@pytest.mark.parametrize("typed", ["y" * 60_000, ",[{" * 20_000])
def test_many_sign_ups_with_long_names_cost_smaller_pages_and_stop_nothing(api: Api, typed: str) -> None:
    api.rows["contacts"] = [contact(n, first_name=typed if n % 5 else "Ann") for n in range(1000)]
    assert read(api.connection(), size=2000) == api.rows["contacts"]
    assert [int(query["limit"]) for _, query in api.asked][:2] == [2000, 250]


def test_where_nothing_counts_the_rows_pages_keep_their_size(api: Api) -> None:
    assert CONTACTS.source is not None
    source = CONTACTS.source.model_copy(update={"total": "none"})
    api.replies = [(200, {}, page(b'"' + b"x" * (33 * MIB) + b'"'))] * 2
    with pytest.raises(TooMuch):
        list(rest.read(CONTACTS.model_copy(update={"source": source}), api.connection(), span()))
    assert len(api.asked) == 1


def test_a_larger_answer_is_taken_where_the_connection_says_so(api: Api) -> None:
    api.replies = [(200, {}, page(json.dumps(contact(1) | {"note": "x" * 34 * MIB}).encode()))]
    assert len(read(api.connection(max_answer_mib=48))) == 1


@pytest.mark.parametrize("wrong", ["much", 0, -1, "inf"])
def test_a_size_that_is_none_is_the_connections_matter(api: Api, wrong: Any) -> None:
    with pytest.raises(FixConnection, match=r"extra\.max_answer_mib must be a number of MiB"):
        read(api.connection(max_answer_mib=wrong))


@pytest.mark.parametrize("piece", [b"{},", b"[],", b'{"a":1},', b"1.5,", b"["])
def test_values_are_counted_before_any_is_made(api: Api, piece: bytes) -> None:
    api.replies = [
        (200, {}, page(piece * (MOST_VALUES + 1) if len(piece) < 5 else piece * (MOST_VALUES // 2)))
    ] * 2
    with at_most(60), pytest.raises(TooMuch, match="more than 2,000,000 values"):
        read(api.connection())
    assert len(api.asked) == 1


def test_nesting_without_end_is_no_json(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.01)
    api.replies = [(200, {}, b"[" * (MOST_VALUES - 1))] * 2
    with pytest.raises(FixSource, match="no JSON"):
        read(api.connection())


def test_a_row_of_a_million_fields_is_refused_alone(api: Api) -> None:
    wide = json.dumps({f"k{n}": n for n in range(200_000)})
    api.replies = [(200, {}, page(f"{wide}, {json.dumps(contact(1))}".encode()).replace(b'l": 1', b'l": 2'))]
    odd, good = read(api.connection())
    assert isinstance(odd, Unreadable) and odd.reason == Reason.TOO_LARGE
    assert odd.raw.startswith('{"k0": 0, ') and len(odd.raw) <= KEPT
    assert good == contact(1)


@contextmanager
def serving(talk: Callable[[socket.socket], None], **extra: Any) -> Iterator[Connection]:
    """A server that says what `talk` says to each caller."""
    server = socket.create_server(("127.0.0.1", 0))

    def one(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.recv(65536)
            talk(client)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port = server.getsockname()[1]
    yield Connection("shop_api", "http", "127.0.0.1", port, password="x", extra=extra)
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
    server.close()


def drip(head: bytes, heard_out: list[bool] | None = None) -> Callable[[socket.socket], None]:
    """Says something every 0.1 s for half a minute; notes if the caller listened to the end."""

    def talk(client: socket.socket) -> None:
        client.sendall(head)
        for _ in range(300):
            client.sendall(b"a")
            time.sleep(0.1)
        if heard_out is not None:
            heard_out.append(True)

    return talk


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
    ],
)
def test_an_answer_that_drips_ends_after_ten_times_the_silence_that_is_borne(head: bytes) -> None:
    """encode/httpx#1450: each byte in time, and yet no end."""
    began, heard_out = time.monotonic(), list[bool]()
    with (
        serving(drip(head, heard_out), timeout=0.2) as connection,
        pytest.raises(RetryLater, match="took longer than 2 seconds over one answer"),
    ):
        read(connection)
    assert time.monotonic() - began > 1.9
    assert not heard_out


def test_a_session_that_was_cut_is_good_for_the_next_request(api: Api) -> None:
    connection = api.connection(timeout=0.3)
    api.rows["contacts"] = [contact(1)]
    session = http.client(connection)
    session.seconds = 0.5
    with session:
        with (
            serving(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n")) as slow,
            pytest.raises(RetryLater, match="took longer"),
        ):
            http.get_json(session, slow.base_url, {}, "x")
        query = {"updated_to": "2026-03-16", "limit": 10}
        for _ in range(3):
            assert http.get_json(session, f"{connection.base_url}/contacts", query, "x")["total"] == 1


@pytest.fixture
def place(tmp_path: Path) -> Connection:
    (tmp_path / "drop" / PATH).parent.mkdir(parents=True)
    return Connection("shop_events", "fs", extra={"path": str(tmp_path / "drop")})


def put(place: Connection, content: bytes, path: str = PATH) -> Path:
    file = Path(place.extra["path"]) / path
    file.write_bytes(content)
    return file


def batches(place: Connection, stream: Any = EVENTS) -> Iterator[list[Any]]:
    return files.read(stream, place, span())


def line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@pytest.mark.parametrize("piece", [b"{}\n", b"\n", b"[\n", b"[", b"x", b'{"a": 1}\n', b"\0"])
def test_a_file_that_unpacks_to_far_more_is_stopped_early(place: Connection, piece: bytes) -> None:
    put(place, packed(piece * (MIB // len(piece)), 30))
    with pytest.raises(FixSource, match=rf"{PATH}.*(unpacks to more than 200 times its size|are no records)"):
        land_stream("shop", "web_events", DAY, place, Settings(var=Path(place.extra["path"]).parent / "var"))


def test_many_files_in_one_are_no_way_round_the_ratio(place: Connection) -> None:
    put(place, packed(b"[" * MIB, 1) * 60)
    with at_most(60), pytest.raises(FixSource, match="unpacks to more than 200 times"):
        list(batches(place))


def test_a_day_of_equal_rows_is_no_bomb(place: Connection) -> None:
    text = b"".join(line(event(n)) for n in range(20_000))
    put(place, gzip.compress(text, 9))
    assert len(text) > 4 * MIB and sum(map(len, batches(place))) == 20_000


def test_long_texts_of_visitors_are_no_bomb(place: Connection) -> None:
    """A visitor sends them right after midnight, before the day has much else to hold them against."""
    put(place, gzip.compress(b"".join(line(event(n, page="a" * 60_000)) for n in range(700)), 9))
    assert sum(map(len, batches(place))) == 700
    put(place, gzip.compress(b"".join(line(event(n, page="," * 300_000)) for n in range(100)), 9))
    assert sum(map(len, batches(place))) == 100


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("length", [LONGEST_LINE, LONGEST_LINE + 1, 3 * LONGEST_LINE, 30 * LONGEST_LINE])
def test_a_line_without_end_spoils_itself_alone(place: Connection, length: int, end: bytes) -> None:
    good = [event(n) for n in range(3)]
    put(place, gzip.compress(line(good[0]) + line(good[1]) + b"x" * length + end, 0))
    with at_most(40):
        [found] = list(batches(place))
    assert found[:2] == good[:2] and len(found) == 3
    assert found[2] == Unreadable(Reason.TOO_LARGE, "x" * KEPT)


def test_what_follows_a_line_without_end_is_read(place: Connection) -> None:
    put(place, gzip.compress(b"\xc3\xa9" * LONGEST_LINE + b"\n" + line(event(1)), 0))
    settings = Settings(var=Path(place.extra["path"]).parent / "var")
    stream = EVENTS.model_copy(update={"max_quarantined_share": 0.9})
    [found] = list(batches(place, stream))
    assert [type(item) for item in found] == [Unreadable, dict] and found[1] == event(1)
    many = b"".join(line(event(n)) for n in range(100))
    put(place, gzip.compress(many + b"x" * 2 * LONGEST_LINE + b"\n", 0))
    [manifest] = land_stream("shop", "web_events", DAY, place, settings)
    assert (manifest["loaded"], manifest["reasons"]) == (100, {"too_large": 1})
    assert len(refused_rows(settings, "shop/web_events")[0]["raw"]) < 2 * KEPT


def test_the_longest_line_that_is_taken_is_taken_whole(place: Connection) -> None:
    row = event(1) | {"more": ""}
    row["more"] = "x" * (LONGEST_LINE - len(line(row)))
    assert len(line(row)) == LONGEST_LINE
    put(place, gzip.compress(line(row) + line(event(2)), 0))
    assert [found for rows in batches(place) for found in rows] == [row, event(2)]


def test_batches_are_cut_by_what_they_weigh(place: Connection) -> None:
    heavy = event(1) | {"more": "x" * MIB}
    put(place, gzip.compress(line(heavy) * 100, 0))
    with at_most(120):
        sizes = [len(rows) for rows in batches(place)]
    assert sum(sizes) == 100 and max(sizes) <= 33


@pytest.mark.parametrize("value", [b"{}", b'{"a":1}', b"1.5"])
def test_rows_of_many_small_values_are_heavy_too(place: Connection, value: bytes) -> None:
    row = b'{"a": [' + b",".join([value] * 60_000) + b"]}\n"
    put(place, gzip.compress(row * 20, 0))
    with at_most(200):
        assert sum(map(len, batches(place))) == 20


def test_a_row_of_too_many_values_or_fields_is_refused_with_its_reason(place: Connection) -> None:
    many = b'{"a": [' + b"{}," * files.MOST_VALUES + b"{}]}\n"
    wide = line({f"k{n}": 1 for n in range(MOST_FIELDS + 1)})
    put(place, gzip.compress(many + wide + line({f"k{n}": 1 for n in range(MOST_FIELDS)}), 0))
    [found] = list(batches(place))
    assert [getattr(item, "reason", None) for item in found] == [Reason.TOO_LARGE, Reason.TOO_LARGE, None]


def test_a_header_of_too_many_columns_stops_the_file(place: Connection) -> None:
    names = ",".join(f"c{n}" for n in range(MOST_FIELDS))
    put(place, f"{names}\n{',' * (MOST_FIELDS - 1)}\n".encode(), "2026-03-15.csv")
    assert len(next(batches(place, CSV))) == 1
    put(place, f"{names},one_more\n".encode(), "2026-03-15.csv")
    with pytest.raises(FixSource, match="its header has 2,001 columns, and 2,000 are the most"):
        list(batches(place, CSV))
    put(place, b"c," * LONGEST_LINE + b"c\n1\n", "2026-03-15.csv")
    with at_most(60), pytest.raises(FixSource, match="no header of distinct names"):
        list(batches(place, CSV))


def test_a_value_as_deep_as_can_just_be_read_spoils_its_row_alone(place: Connection, tmp_path: Path) -> None:
    deep = [line(event(n))[:-2] + b', "x": ' + b"[" * n + b"]" * n + b"}\n" for n in range(600, 1000)]
    put(place, gzip.compress(b"".join([line(event(1)), *deep]), 0))
    [manifest] = land_stream("shop", "web_events", DAY, place, Settings(var=tmp_path / "var"))
    assert manifest["loaded"] + manifest["quarantined"] == manifest["rows_in"] == 401


def test_a_stream_that_never_ends_is_left_after_its_time(
    place: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(place, gzip.compress(line(event(1))))
    monkeypatch.setattr(land, "MINUTES_A_STREAM", 0)
    with pytest.raises(RetryLater, match="shop/web_events was read for more than 0 minutes"):
        land_stream("shop", "web_events", DAY, place, Settings(var=tmp_path / "var"))
    assert land.MINUTES_A_STREAM == 0 and not list((tmp_path / "var").rglob("data.parquet"))


@pytest.mark.parametrize("target", ["file", "folder", "pipe"])
def test_a_link_out_of_the_folder_is_not_followed(place: Connection, tmp_path: Path, target: str) -> None:
    import os

    secret = tmp_path / "secret" / "events.ndjson.gz"
    secret.parent.mkdir()
    secret.write_bytes(gzip.compress(line(event(1))))
    file = Path(place.extra["path"]) / PATH
    if target == "file":
        file.symlink_to(secret)
    elif target == "folder":
        file.parent.rmdir()
        file.parent.symlink_to(secret.parent)
    else:
        os.mkfifo(file)
    with pytest.raises(FixSource, match=r"is a link out of its folder|is no file|holds no file"):
        list(batches(place))


def test_a_link_within_the_folder_and_a_folder_that_is_a_link_are_read(
    place: Connection, tmp_path: Path
) -> None:
    real = put(place, gzip.compress(line(event(1))), "real.gz")
    (Path(place.extra["path"]) / PATH).symlink_to(real)
    (tmp_path / "linked").symlink_to(place.extra["path"])
    for path in (place.extra["path"], str(tmp_path / "linked")):
        assert list(batches(Connection("shop_events", "fs", extra={"path": path}))) == [[event(1)]]


def test_a_file_that_holds_hardly_any_records_is_left_early(place: Connection) -> None:
    """Packed or not: a million lines that are none took longer than a day's honest rows."""
    put(place, gzip.compress((line({}) * 9 + line(event(1)) + b"[\n" * 10) * 15_000, 0))
    given = 0
    with pytest.raises(FixSource, match=r"of 60,000 lines 57,000 are no records"):
        for rows in batches(place):
            given += len(rows)
    assert given == 40_000
    put(place, gzip.compress((line({}) + line(event(1))) * 60_000, 0))
    assert sum(map(len, batches(place))) == 120_000
