"""Publishing: whole versions or none, the same bytes for the same rows, whatever is killed."""

import json
import multiprocessing
import os
import shutil
import threading
from datetime import date
from pathlib import Path

import duckdb
import pytest

from include.errors import CheckFailed
from include.settings import Settings
from include.warehouse import audited, published, versions
from include.warehouse.marts import Mart
from include.warehouse.publish import publish

DAY = date(2026, 3, 15)
NEXT_DAY = date(2026, 3, 16)
MARTS = (
    Mart("dim_customers", ("customer_id",)),
    Mart("fct_interactions", ("interaction_key",), partition_by="month"),
    Mart("fct_orders", ("order_key",)),
)
FAILPOINTS = [
    "publish.before_write",
    "publish.after_write",
    "publish.before_rename",
    "publish.after_rename",
    *(
        f"publish.{file}.{step}"
        for file in ("warehouse", "date", "current")
        for step in ("before_write", "before_rename", "after_rename")
    ),
    "publish.before_prune",
    "publish.after_prune",
]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["duckdb", "pyarrow.parquet", "include.warehouse.publish"])


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    return Settings()


TABLES = """
create schema marts;
create table marts.dim_customers as
    select 'c' || i as customer_id, $mark as mark from range(3000) as t(i) order by hash(i);
create table marts.fct_orders as
    select 'o' || i as order_key, (i / 7)::decimal(18, 4) as amount, $mark as mark,
        timestamptz '2026-01-01 00:00:00+00' + to_hours(i::int) as ordered_at
    from range(5000) as t(i) order by hash(i);
create table marts.fct_interactions as
    select 'i' || i as interaction_key, if(i < 2000, '2026-02', '2026-03') as month,
        if(i < 2000, 0, $mark) as mark
    from range(4000) as t(i) order by hash(i);
"""


def build_candidate(settings, business_date, mark=0, has_passed=True):
    """A candidate whose every row says `mark`, so that a mix of two versions would show."""
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    candidate = settings.warehouse / "candidate.duckdb"
    candidate.unlink(missing_ok=True)
    with duckdb.connect(str(candidate)) as con:
        con.execute(TABLES.replace("$mark", str(mark)))
    pretend_audit(settings, business_date, has_passed)


def pretend_audit(settings, business_date, has_passed=True):
    path = audited.audit_path(settings, business_date)
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = audited.mark_of(settings.warehouse / "candidate.duckdb")
    path.write_text(json.dumps({"has_passed": has_passed, "candidate": mark}))


def files_of(settings):
    """Every file that publishing leaves, with its bytes; the kept warehouse files by name alone."""
    files = [p for p in settings.published.rglob("*") if p.is_file()]
    found = {p.relative_to(settings.published): p.read_bytes() for p in files}
    return found, sorted(p.name for p in settings.warehouse.rglob("*") if p.is_file())


def _publish_dying(var, business_date, failpoint):
    os.environ |= {"OMNI_VAR": var, "OMNI_FAILPOINT": failpoint, "OMNI_FAILPOINT_TIMES": "2"}
    publish(Settings(), business_date, MARTS)


def run_dying(settings, business_date, failpoint):
    process = CONTEXT.Process(target=_publish_dying, args=(str(settings.var), business_date, failpoint))
    process.start()
    process.join(30)
    return process.exitcode


@pytest.fixture(scope="module")
def second_night(tmp_path_factory):
    """One night published, the candidate of the next one audited."""
    settings = Settings(var=tmp_path_factory.mktemp("second_night"))
    build_candidate(settings, DAY, 0)
    publish(settings, DAY, MARTS)
    build_candidate(settings, NEXT_DAY, 1)
    return settings


@pytest.fixture(scope="module")
def undisturbed(second_night, tmp_path_factory):
    """What the second night leaves when nothing goes wrong."""
    settings = Settings(var=tmp_path_factory.mktemp("undisturbed") / "var")
    shutil.copytree(second_night.var, settings.var)
    publish(settings, NEXT_DAY, MARTS)
    return settings


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_twice_anywhere_it_ends_as_if_nothing_had_happened(
    settings, second_night, undisturbed, failpoint
):
    shutil.copytree(second_night.var, settings.var)

    codes = [run_dying(settings, NEXT_DAY, failpoint) for _ in range(3)]

    assert codes == [-9, -9, 0]
    assert files_of(settings) == files_of(undisturbed)


def test_every_failpoint_of_publishing_is_drilled():
    sources = [Path(versions.__file__).with_name(name).read_text() for name in ("publish.py", "export.py")]
    text = "\n".join(sources)
    assert all(point.split(".")[1] in text or point in text for point in FAILPOINTS)
    assert text.count('failpoint("publish.') == len([p for p in FAILPOINTS if p.count(".") == 1])


def test_equal_rows_in_another_order_publish_equal_bytes_under_one_name(settings):
    build_candidate(settings, DAY)
    first = publish(settings, DAY, MARTS)
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
