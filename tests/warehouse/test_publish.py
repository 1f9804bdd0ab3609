"""Publishing: whole versions or none, the same bytes for the same rows."""

import shutil
import threading
from datetime import date

import duckdb
import pytest

from include.errors import CheckFailed
from include.settings import Settings
from include.warehouse import audited, published
from include.warehouse.marts import Mart
from include.warehouse.publish import publish
from tests.warehouse.made_candidate import DAY, MARTS, NEXT_DAY, build_candidate, files_of, pretend_audit


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    return Settings()


def test_equal_rows_in_another_order_publish_equal_bytes_under_one_name(settings):
    build_candidate(settings, DAY)
    first = publish(settings, DAY, MARTS)
    assert settings.published.stat().st_mode & 0o077 == 0
    before = files_of(settings)
    with duckdb.connect(str(settings.warehouse / "candidate.duckdb")) as con:
        con.execute("create table marts.t as select * from marts.fct_orders order by amount desc")
        con.execute("drop table marts.fct_orders; alter table marts.t rename to fct_orders")
    pretend_audit(settings, DAY)

    assert publish(settings, DAY, MARTS) == first
    assert files_of(settings) == before


def test_a_month_that_did_not_change_is_a_hard_link_to_the_version_before(settings):
    build_candidate(settings, DAY, 0)
    old = settings.published / publish(settings, DAY, MARTS)
    build_candidate(settings, NEXT_DAY, 1)
    new = settings.published / publish(settings, NEXT_DAY, MARTS)

    assert (new / "fct_interactions/month=2026-02/data.parquet").samefile(
        old / "fct_interactions/month=2026-02/data.parquet"
    )
    assert not (new / "fct_interactions/month=2026-03/data.parquet").samefile(
        old / "fct_interactions/month=2026-03/data.parquet"
    )


def test_current_never_moves_to_an_older_date_and_the_older_one_is_still_found(settings):
    for day in (NEXT_DAY, DAY):
        build_candidate(settings, day)
        publish(settings, day, MARTS)

    assert published.current(settings).name.startswith(str(NEXT_DAY))
    assert published.version_for(settings, DAY).name.startswith(str(DAY))
    assert published.previous(settings, NEXT_DAY) == published.version_for(settings, DAY)
    assert published.previous(settings, DAY) is None


def test_three_versions_stay_and_one_of_them_is_always_of_an_earlier_date(settings):
    for mark, day in enumerate((date(2026, 3, 13), date(2026, 3, 14), DAY, DAY, DAY, DAY)):
        build_candidate(settings, day, mark)
        publish(settings, day, MARTS)
    folders = sorted(p.name for p in settings.published.iterdir() if p.is_dir())

    assert len(folders) == 3
    assert published.previous(settings, DAY).name.startswith("2026-03-14")
    assert sorted(p.stem for p in settings.warehouse.glob("20*.duckdb")) == folders


def test_a_reader_sees_whole_versions_only(settings):
    build_candidate(settings, DAY, 0)
    publish(settings, DAY, MARTS)
    seen, failed, stop = set(), [], threading.Event()

    def look():
        version = published.current(settings)
        tables = [published.read_mart(version, name, ["mark"]) for name in ("dim_customers", "fct_orders")]
        marks = {value for table in tables for value in table["mark"].unique().to_pylist()}
        seen.update(marks)
        if len(marks) != 1:
            failed.append((version.name, marks))

    def read():
        while not stop.is_set() and not failed:
            try:
                look()
            except Exception as error:
                failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for mark in range(1, 9):
        build_candidate(settings, NEXT_DAY, mark)
        publish(settings, NEXT_DAY, MARTS)
    stop.set()
    reader.join()

    assert not failed
    assert len(seen) > 2


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s: audited.audit_path(s, DAY).unlink(), "never audited"),
        (lambda s: build_candidate(s, DAY, has_passed=False), "failed"),
        (lambda s: (s.warehouse / "candidate.duckdb").touch(), "changed since"),
        (lambda s: (s.warehouse / "candidate.duckdb").unlink(), "build 2026-03-15 first"),
        (lambda s: shutil.rmtree(s.warehouse / "results"), "never audited"),
    ],
)
def test_nothing_unaudited_is_published(settings, spoil, says):
    build_candidate(settings, DAY)
    spoil(settings)

    with pytest.raises(CheckFailed, match=says):
        publish(settings, DAY, MARTS)
    assert published.current(settings) is None


def test_a_mart_missing_from_the_candidate_is_named(settings):
    build_candidate(settings, DAY)

    with pytest.raises(CheckFailed, match="lacks fct_unbuilt"):
        publish(settings, DAY, (*MARTS, Mart("fct_unbuilt", ("id",))))


def test_a_damaged_mart_is_never_read_as_if_it_were_whole(settings):
    build_candidate(settings, DAY)
    path = settings.published / publish(settings, DAY, MARTS) / "fct_orders.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(OSError):
        published.read_mart(path.parent, "fct_orders")


def test_a_mart_is_read_back_sorted_by_its_key_with_the_columns_asked_for(settings):
    build_candidate(settings, DAY)
    version = settings.published / publish(settings, DAY, MARTS)

    customers = published.read_mart(version, "dim_customers")["customer_id"].to_pylist()
    months = published.read_mart(version, "fct_interactions", ["month", "mark"])

    assert customers == sorted(customers) and len(customers) == 3000
    assert months.column_names == ["month", "mark"]
    assert months["month"].value_counts().to_pylist() == [
        {"values": "2026-02", "counts": 2000},
        {"values": "2026-03", "counts": 2000},
    ]
    assert published.list_marts(version) == ["dim_customers", "fct_interactions", "fct_orders"]
