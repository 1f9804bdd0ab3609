"""Landing and landing again: counts that add up, equal runs with equal bytes, nothing shrinks."""

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from include.errors import CheckFailed
from include.lake.parquet import GroupedWriter, verify
from include.lake.schema import landed_schema
from include.settings import Settings
from tests.unit.lake.landing import DAY, files, footer, land, landed_rows, refused_rows, stage, stream
from tests.unit.sources.rows import contact, order

CONTACTS = stream("crm", "contacts")
LABEL = "crm/contacts"
ROW = st.builds(
    lambda number, points, note: contact(number, points=points, **({"note": note} if note else {})),
    st.integers(0, 5), st.sampled_from([1, 2, None, "bad", "worse"]), st.sampled_from([None, "x"]),
)  # fmt: skip
FEED = st.lists(ROW, max_size=25)


def accounted(settings: Settings, manifest: dict[str, Any]) -> None:
    loaded, refused = landed_rows(settings, LABEL), refused_rows(settings, LABEL)
    assert manifest == footer(settings.var / "lake" / LABEL / "date=2026-03-15" / "data.parquet")
    assert manifest["rows_in"] == manifest["loaded"] + manifest["duplicate"] + manifest["quarantined"]
    assert (len(loaded), len(refused)) == (manifest["loaded"], manifest["quarantined"])
    assert Counter(row["reason"] for row in refused) == manifest["reasons"]


@hypothesis.settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(first=FEED, second=FEED, batch=st.integers(1, 30))
def test_every_row_is_loaded_doubled_or_quarantined_also_when_runs_are_united(
    first: list[Any], second: list[Any], batch: int
) -> None:
    with TemporaryDirectory() as folder:
        settings = Settings(var=Path(folder))
        manifest = land(settings, CONTACTS, [dict(row) for row in first], batch)
        accounted(settings, manifest)
        assert manifest["rows_in"] == len(first)
        before, bytes_before = landed_rows(settings, LABEL), files(settings)

        assert land(settings, CONTACTS, [dict(row) for row in first], batch=7) == manifest
        assert files(settings) == bytes_before

        united = land(settings, CONTACTS, [dict(row) for row in second], batch)
        accounted(settings, united)
        rows = landed_rows(settings, LABEL)
        assert rows.slice(0, len(before)).equals(before)
        good = {json.dumps(row) for row in [*first, *second] if row["points"] not in ("bad", "worse")}
        assert len(rows) == len(good)


def test_a_duplicate_is_the_same_key_with_the_same_content_and_another_content_is_another_row(
    settings: Settings,
) -> None:
    rows = [contact(1), contact(2), contact(1), contact(1, points=99)]
    manifest = land(settings, CONTACTS, rows)
    assert (manifest["rows_in"], manifest["loaded"], manifest["duplicate"]) == (4, 3, 1)
    assert landed_rows(settings, LABEL)["points"].to_pylist() == [1, 2, 99]


def test_rows_that_only_joined_cells_would_confuse_are_different(settings: Settings) -> None:
    pairs = [("a", "b"), ("ab", ""), ("ab", None), (None, "ab"), ("", "ab")]
    rows = [contact(1, street=street, postcode=postcode) for street, postcode in pairs]
    assert land(settings, CONTACTS, rows)["loaded"] == 3  # a blank is no value: ("ab", "") is ("ab", None)


def test_equal_lines_at_different_places_of_a_document_are_different_lines(settings: Settings) -> None:
    line = order(1)["lines"][0]
    lines = [{"order_id": "o1", "line_number": number, **line} for number in (1, 2)]
    assert land(settings, stream("shop", "order_lines"), lines)["loaded"] == 2


def test_landed_columns_are_the_contracts_in_its_order_then_the_lakes_own(settings: Settings) -> None:
    land(settings, CONTACTS, [contact(1, nickname="A")])
    table = landed_rows(settings, LABEL)
    assert table.column_names == [*CONTACTS.columns, "_extra", "_date", "_arrived"]
    assert table.schema.field("updated_at").type == pa.timestamp("us", tz="UTC")
    assert table["_date"].to_pylist() == table["_arrived"].to_pylist() == [DAY]


def test_the_manifest_says_what_came_in_and_not_when_it_ran(settings: Settings) -> None:
    manifest = land(settings, CONTACTS, [contact(1), contact(2, points="x", nickname="B")])
    assert {**manifest, "schema": "…"} == {
        "channel": "crm", "stream": "contacts", "date": "2026-03-15", "arrived": "2026-03-15", "rows_in": 2,
        "loaded": 1, "duplicate": 0, "quarantined": 1, "reasons": {"bad_type": 1},
        "new_columns": ["nickname"],
        "cursor": {"from": None, "to": "2026-03-16T00:00:00+00:00"}, "schema": "…", "source": "test",
        "repaired": [], "within_lag": {"again": 0, "late": 0, "timeless": 0}, "future": {},
    }  # fmt: skip


def test_the_quarantine_names_row_reason_field_and_raw_form(settings: Settings) -> None:
    bad = contact(2, points="x")
    land(settings, CONTACTS, [contact(1), bad, contact(3, contact_id=None)], batch=2)
    first, second = refused_rows(settings, LABEL)
    assert (first["_row"], first["reason"], first["field"]) == (2, "bad_type", "points")
    assert json.loads(first["raw"]) == bad
    assert (second["_row"], second["reason"], second["field"]) == (3, "missing_required", "contact_id")


def test_a_refused_row_of_an_uncommitted_run_does_not_count(settings: Settings) -> None:
    land(settings, CONTACTS, [contact(1), contact(2, points="x")])
    (settings.var / "lake" / LABEL / "date=2026-03-15" / "data.parquet").unlink()
    assert land(settings, CONTACTS, [contact(1)])["quarantined"] == 0


def test_a_value_of_ten_megabytes_is_kept_raw_in_quarantine(settings: Settings) -> None:
    manifest = land(settings, CONTACTS, [contact(1, street="x" * 10_000_000), contact(4)])
    assert manifest["reasons"] == {"too_large": 1}
    assert len(refused_rows(settings, LABEL)[0]["raw"]) > 10_000_000


def test_row_groups_do_not_depend_on_how_rows_came_in(tmp_path: Path) -> None:
    table = pa.table({"n": pa.array(range(1000)), "s": pa.array([str(n % 7) for n in range(1000)])})
    written = []
    for size in (1, 33, 1000):
        file = tmp_path / f"{size}.parquet"
        writer = GroupedWriter(file, table.schema, rows_per_group=128)
        for begin in range(0, 1000, size):
            writer.write(table.slice(begin, size))
        writer.close({"k": "v"})
        written.append(file.read_bytes())
    assert written[0] == written[1] == written[2]


def test_a_flipped_byte_is_found_when_a_file_is_read_back_or_changes_nothing(settings: Settings) -> None:
    staged = stage(settings, CONTACTS, [contact(n, street=f"street {n}") for n in range(500)])
    whole, table = staged.data.read_bytes(), pq.read_table(staged.data, partitioning=None)
    verify(staged.data, 500, landed_schema(CONTACTS))
    found = 0
    for place in range(4, len(whole), 97):
        staged.data.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            verify(staged.data, 500, landed_schema(CONTACTS))
        except CheckFailed:
            found += 1
        else:  # a byte of a page's or the file's header that no value depends on
            assert pq.read_table(staged.data, partitioning=None).equals(table), place
    assert found > 50
