"""What a build reads: the partitions that are new or changed, whole and verified."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.errors import CheckFailed
from include.lake.schema import landed_schema
from include.settings import Settings
from include.warehouse import phones
from include.warehouse.candidate import candidate_file, open_candidate
from include.warehouse.inputs import inputs_folder, stage_inputs
from tests.warehouse.small_lake import DAY_1, DAY_2, DAY_3, STREAMS, keep, land


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    return Settings(clock="sandbox")


def _staged(settings, place="crm/contacts"):
    return sorted(path.stem for path in (inputs_folder(settings) / place).glob("*.parquet"))


def _stamps(found):
    return {name: partition.stamp for name, partition in found.items()}


def test_a_first_build_reads_everything_up_to_its_date(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c1"})
    land(settings, "crm/contacts", DAY_2, {"contact_id": "c2"})
    land(settings, "crm/contacts", DAY_3, {"contact_id": "c3"})

    found = stage_inputs(settings, DAY_2, since=None)

    assert sorted(found) == [f"crm/contacts/{DAY_1}", f"crm/contacts/{DAY_2}"]
    assert _staged(settings) == [str(DAY_1), str(DAY_2), "empty"]


def test_a_later_build_reads_only_what_is_new_or_landed_again(settings):
    for day in (DAY_1, DAY_2):
        land(settings, "crm/contacts", day, {"contact_id": "c1"})
    since = _stamps(stage_inputs(settings, DAY_2, since=None))
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c1"}, {"contact_id": "c9"})
    land(settings, "crm/contacts", DAY_3, {"contact_id": "c3"})

    stage_inputs(settings, DAY_3, since)

    assert _staged(settings) == [str(DAY_1), str(DAY_3), "empty"]


def test_a_partition_that_lands_again_meanwhile_changes_nothing(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c1"})
    stage_inputs(settings, DAY_1, since=None)

    land(settings, "crm/contacts", DAY_1, {"contact_id": "other"})

    table = pq.read_table(inputs_folder(settings) / "crm/contacts" / f"{DAY_1}.parquet")
    assert table["contact_id"].to_pylist() == ["c1"]


def test_a_partition_that_is_gone_is_staged_without_rows(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c1"})
    since = _stamps(stage_inputs(settings, DAY_1, since=None))
    (settings.var / "lake/crm/contacts" / f"date={DAY_1}" / "data.parquet").unlink()

    stage_inputs(settings, DAY_2, since)

    assert pq.read_table(inputs_folder(settings) / "crm/contacts" / f"{DAY_1}.parquet").num_rows == 0


def test_every_declared_stream_can_be_read_though_nothing_landed(settings):
    stage_inputs(settings, DAY_1, since=None)

    for stream in STREAMS:
        table = pq.read_table(inputs_folder(settings) / stream.label / "empty.parquet")
        assert table.schema.equals(landed_schema(stream))
    assert STREAMS


def test_a_flipped_byte_stops_the_build_and_names_the_partition(settings):
    land(settings, "crm/contacts", DAY_1, *({"contact_id": f"c{i}"} for i in range(1000)))
    path = settings.var / "lake/crm/contacts" / f"date={DAY_1}" / "data.parquet"
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(bytes(data))

    with pytest.raises(CheckFailed, match=rf"crm/contacts/{DAY_1} is damaged: land it again"):
        stage_inputs(settings, DAY_1, since=None)


def test_numbers_are_read_as_they_are_dialled_in_their_country(settings):
    land(
        settings, "crm/contacts", DAY_1,
        {"contact_id": "a", "phone": " 020 7946 0018 ", "country": "gb"},
        {"contact_id": "b", "phone": "+44 (0)20 7946 0018", "country": "FR"},
        {"contact_id": "c", "phone": "8 (912) 345-67-89", "country": "RU"},
        {"contact_id": "d", "phone": "none", "country": "GB"},
    )  # fmt: skip

    stage_inputs(settings, DAY_1, since=None)

    assert _numbers(settings) == {
        "020 7946 0018|GB": "+442079460018",
        "+44 (0)20 7946 0018|FR": "+442079460018",
        "8 (912) 345-67-89|RU": "+79123456789",
        "none|GB": None,
    }


def test_numbers_met_before_are_kept_and_read_again_by_another_library(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "a", "phone": "020 7946 0018"})
    since = _stamps(stage_inputs(settings, DAY_1, since=None))
    outdated = pa.table({"lookup_key": ["020 7946 0018|"], "e164": ["wrong"]})
    pq.write_table(outdated.replace_schema_metadata({"phonenumbers": "1"}), phones.lookup_file(settings))
    land(settings, "crm/contacts", DAY_2, {"contact_id": "b", "phone": "020 7946 0019"})

    stage_inputs(settings, DAY_2, since)

    assert _numbers(settings) == {"020 7946 0018|": "+442079460018", "020 7946 0019|": "+442079460019"}


def test_a_candidate_starts_from_the_newest_version_of_an_earlier_date(settings):
    for day in (DAY_1, DAY_2, DAY_3):
        land(settings, "crm/contacts", day, {"contact_id": "c"})
        open_candidate(settings, day)
        _mark(settings, str(day))
        keep(settings, day)

    open_candidate(settings, DAY_3)

    assert settings.warehouse.stat().st_mode & 0o077 == 0
    assert _marks(settings) == [str(DAY_2)]
    assert _staged(settings) == [str(DAY_3), "empty"]


def test_a_full_build_starts_from_nothing_and_reads_everything(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c"})
    open_candidate(settings, DAY_1)
    _mark(settings, "old")
    keep(settings, DAY_1)

    open_candidate(settings, DAY_2, full_refresh=True)

    assert _marks(settings) == []
    assert _staged(settings) == [str(DAY_1), "empty"]


@pytest.mark.parametrize(
    "lost",
    ["update built_with set fingerprint = 'other'", "drop table built_with", "drop table landed_inputs"],
)
def test_a_file_whose_rows_were_kept_otherwise_is_not_built_upon(settings, lost):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "c"})
    open_candidate(settings, DAY_1)
    with duckdb.connect(str(candidate_file(settings))) as con:
        con.execute(lost)
    _mark(settings, "old")
    keep(settings, DAY_1)

    open_candidate(settings, DAY_2)

    assert _marks(settings) == []
    assert _staged(settings) == [str(DAY_1), "empty"]


def test_a_lost_lookup_of_numbers_is_made_anew_from_all_partitions(settings):
    land(settings, "crm/contacts", DAY_1, {"contact_id": "a", "phone": "020 7946 0018"})
    open_candidate(settings, DAY_1)
    keep(settings, DAY_1)
    phones.lookup_file(settings).unlink()

    open_candidate(settings, DAY_2)

    assert _numbers(settings) == {"020 7946 0018|": "+442079460018"}


def _numbers(settings):
    table = pq.read_table(inputs_folder(settings) / "phone_numbers.parquet")
    return dict(zip(table["lookup_key"].to_pylist(), table["e164"].to_pylist(), strict=True))


def _mark(settings, mark):
    with duckdb.connect(str(candidate_file(settings))) as con:
        con.execute("create or replace table mark as select ? as mark", [mark])


def _marks(settings):
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as con:
        tables = con.execute("select table_name from information_schema.tables").fetchall()
        return (
            [row[0] for row in con.execute("select mark from mark").fetchall()] if ("mark",) in tables else []
        )


def test_rows_that_landed_before_texts_were_cleaned_are_read_clean_and_stay_as_they_are(settings):
    padded = {"consent_event_id": "e1  ", "contact_id": " ", "email": "\ufeffa@x.org"}
    land(settings, "crm/consents", DAY_1, padded)
    lake = settings.var / "lake" / "crm" / "consents" / f"date={DAY_1}" / "data.parquet"
    before = lake.read_bytes()

    stage_inputs(settings, DAY_1, None)

    staged = pq.read_table(inputs_folder(settings) / "crm" / "consents" / f"{DAY_1}.parquet").to_pylist()
    assert [(r["consent_event_id"], r["contact_id"], r["email"]) for r in staged] == [("e1", None, "a@x.org")]
    assert lake.read_bytes() == before
