"""A wrong version is taken back: readers, builds and the ledger go on as if it had not been published."""

import json
from datetime import date

import duckdb
import pytest

from include.errors import CheckFailed, FixRequest
from include.settings import Settings
from include.warehouse import published, versions
from include.warehouse.candidate import candidate_file, open_candidate, variables_file
from include.warehouse.layers import run_layer
from include.warehouse.publish import publish
from include.warehouse.withdraw import withdraw
from tests.warehouse.made_candidate import DAY, MARTS, NEXT_DAY, build_candidate
from tests.warehouse.small_lake import keep

DAY_AFTER, FUTURE = date(2026, 3, 17), date(2026, 3, 24)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNI_VAR", str(tmp_path / "var"))
    return Settings(clock="sandbox")


def opened_for(settings, day):
    """As `open_candidate` leaves it: what the build under way was opened with."""
    variables_file(settings).write_text(json.dumps({"business_date": str(day)}))


def run_night(settings, day, mark=0):
    build_candidate(settings, day, mark)
    opened_for(settings, day)
    return publish(settings, day, MARTS)


def mark_seen(settings):
    table = published.read_mart(published.current(settings), "dim_customers", ["mark"])
    return table["mark"].unique().to_pylist()


def test_readers_see_the_version_before_and_no_build_starts_from_the_wrong_one(settings):
    good, wrong = run_night(settings, DAY, 1), run_night(settings, NEXT_DAY, 2)
    assert mark_seen(settings) == [2]

    done = withdraw(settings, wrong)

    assert (done.readers_see, done.was_withdrawn_before) == (good, False)
    assert mark_seen(settings) == [1]
    assert published.version_for(settings, NEXT_DAY) is None
    assert published.previous(settings, DAY_AFTER).name == good
    assert versions.standing(settings) == [good]


def test_of_one_date_the_version_published_before_is_seen_again(settings):
    run_night(settings, DAY)
    first, rebuilt = run_night(settings, NEXT_DAY, 1), run_night(settings, NEXT_DAY, 2)
    assert withdraw(settings, rebuilt).readers_see == first
    assert published.version_for(settings, NEXT_DAY).name == first


def test_a_version_of_the_past_is_withdrawn_while_readers_see_a_later_one(settings):
    past, newest = run_night(settings, DAY), run_night(settings, NEXT_DAY)
    done = withdraw(settings, past)
    assert (done.readers_see, done.built_later) == (newest, (newest,))
    assert published.previous(settings, NEXT_DAY) is None


def test_real_nights_are_published_again_after_a_future_date_is_withdrawn(settings):
    run_night(settings, DAY)
    future = run_night(settings, FUTURE)
    run_night(settings, NEXT_DAY, 1)
    assert published.current(settings).name == future, "a later date hides the nights before it"

    withdraw(settings, future)

    assert mark_seen(settings) == [1]
    after = run_night(settings, DAY_AFTER, 2)
    assert published.current(settings).name == after


def test_withdrawn_twice_is_withdrawn_once(settings):
    good, wrong = run_night(settings, DAY), run_night(settings, NEXT_DAY)
    withdraw(settings, wrong)
    corrected = run_night(settings, NEXT_DAY, 3)

    again = withdraw(settings, wrong)

    assert again.was_withdrawn_before and "is withdrawn already" in str(again)
    assert again.readers_see == corrected != good
    assert candidate_file(settings).exists(), "a candidate of the same date that has nothing to do with it"


def test_the_corrected_date_is_published_as_any_and_what_is_left_of_the_wrong_one_goes(settings):
    good, wrong = run_night(settings, DAY, 1), run_night(settings, NEXT_DAY, 2)
    withdraw(settings, wrong)
    assert (settings.published / wrong).is_dir(), "a process that reads it reads on"

    corrected = run_night(settings, NEXT_DAY, 3)

    assert mark_seen(settings) == [3]
    assert sorted(p.name for p in settings.published.iterdir() if p.is_dir()) == sorted([good, corrected])
    assert not versions.warehouse_file(settings, wrong).exists()


def test_what_was_withdrawn_by_mistake_is_published_again_by_an_equal_build(settings):
    run_night(settings, DAY, 1)
    right = run_night(settings, NEXT_DAY, 2)
    withdraw(settings, right)
    assert run_night(settings, NEXT_DAY, 2) == right
    assert mark_seen(settings) == [2] and versions.withdrawn(settings) == {}
    assert not withdraw(settings, right).was_withdrawn_before


def test_a_version_that_does_not_stand_is_refused_and_those_that_do_are_listed(settings):
    with pytest.raises(FixRequest, match="These do: none"):
        withdraw(settings, f"{DAY}-0123456789ab")
    standing = [run_night(settings, day) for day in (DAY, NEXT_DAY)]
    with pytest.raises(FixRequest, match=", ".join(standing)):
        withdraw(settings, f"{DAY}-0123456789ab")
    assert versions.standing(settings) == standing


def test_the_only_version_is_refused_for_readers_would_see_nothing(settings):
    only = run_night(settings, DAY)
    with pytest.raises(FixRequest, match="would see nothing"):
        withdraw(settings, only)
    assert published.current(settings).name == only and candidate_file(settings).exists()


def test_the_candidate_that_was_published_cannot_be_published_a_second_time(settings):
    run_night(settings, DAY)
    wrong = run_night(settings, NEXT_DAY)
    withdraw(settings, wrong)
    with pytest.raises(CheckFailed, match="clear open_candidate with downstream"):
        publish(settings, NEXT_DAY, MARTS)


def test_a_build_that_began_on_the_version_stops_at_its_next_task(settings):
    run_night(settings, DAY)
    wrong = run_night(settings, NEXT_DAY)
    open_candidate(settings, DAY_AFTER)
    withdraw(settings, wrong)
    with pytest.raises(CheckFailed, match="opened for none, not 2026-03-17: clear open_candidate first"):
        run_layer(settings, "staging", DAY_AFTER)


def test_a_build_that_began_on_another_version_goes_on(settings):
    run_night(settings, DAY)
    future = run_night(settings, FUTURE)
    build_candidate(settings, NEXT_DAY, 5)
    opened_for(settings, NEXT_DAY)
    withdraw(settings, future)
    publish(settings, NEXT_DAY, MARTS)
    assert mark_seen(settings) == [5]


def test_a_build_after_the_withdrawal_copies_the_file_of_the_version_before(settings):
    for day in (DAY, NEXT_DAY):
        open_candidate(settings, day)
        with duckdb.connect(str(candidate_file(settings))) as con:
            con.execute(f"create or replace table built_as as select '{day}' as day")
        keep(settings, day)
    withdraw(settings, f"{NEXT_DAY}-{'0' * 12}")
    open_candidate(settings, DAY_AFTER)
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as con:
        assert con.execute("select day from built_as").fetchall() == [(str(DAY),)]
