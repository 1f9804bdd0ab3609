"""Which nights the scheduler runs, asked of the timetable as the scheduler and a backfill ask it."""

from datetime import date

import pendulum
import pytest
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.utils.types import DagRunType

from omnichannel.timetable import BusinessNights

ZONE = "Europe/London"
BEFORE_ANY_DATA = pendulum.datetime(2000, 1, 1, tz="UTC")
BY_SCHEDULE = TimeRestriction(earliest=BEFORE_ANY_DATA, latest=None, catchup=False)


@pytest.fixture
def now(monkeypatch):
    """Sets the wall clock that the timetable looks at."""

    def at(*moment):
        time = pendulum.datetime(*moment, tz=ZONE).in_timezone("UTC")
        monkeypatch.setattr("airflow.timetables.interval.utcnow", lambda: time)

    at(2026, 3, 20, 7)
    return at


def night(*day):
    start = pendulum.datetime(*day, tz=ZONE)
    return DataInterval(start, start.add(days=1))


def following(table, last, restriction=BY_SCHEDULE):
    info = table.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    assert info.run_after == info.data_interval.end
    return info.data_interval.start.in_timezone(ZONE).date()


def test_the_first_run_is_of_the_first_night(now):
    table = BusinessNights(ZONE, date(2026, 3, 17))
    assert following(table, None) == date(2026, 3, 17)


def test_missed_nights_follow_in_order_after_a_week_without_a_scheduler(now):
    table, last, seen = BusinessNights(ZONE, date(2026, 3, 1)), night(2026, 3, 12), []
    while (info := table.next_dagrun_info(last_automated_data_interval=last, restriction=BY_SCHEDULE)) and (
        info.run_after <= pendulum.datetime(2026, 3, 20, 7, tz=ZONE)
    ):
        last = info.data_interval
        seen.append(last.start.in_timezone(ZONE).day)
    assert seen == [13, 14, 15, 16, 17, 18, 19]


def test_without_a_first_night_only_the_latest_is_run(now):
    assert following(BusinessNights(ZONE), None) == date(2026, 3, 19)
    assert following(BusinessNights(ZONE), night(2026, 3, 12)) == date(2026, 3, 19)


def test_a_later_first_night_leaves_the_missed_ones_out(now):
    table = BusinessNights(ZONE, date(2026, 3, 18))
    assert following(table, night(2026, 3, 12)) == date(2026, 3, 18)


def test_a_first_night_to_come_is_waited_for(now):
    table = BusinessNights(ZONE, date(2026, 3, 25))
    info = table.next_dagrun_info(last_automated_data_interval=None, restriction=BY_SCHEDULE)
    assert info.run_after == pendulum.datetime(2026, 3, 26, tz=ZONE)


def test_a_backfill_reaches_back_beyond_the_first_night(now):
    table = BusinessNights(ZONE, date(2026, 3, 18))
    asked = TimeRestriction(night(2026, 3, 1).start, night(2026, 3, 2).start, catchup=True)
    first = table.next_dagrun_info(last_automated_data_interval=None, restriction=asked)
    second = table.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=asked)
    third = table.next_dagrun_info(last_automated_data_interval=second.data_interval, restriction=asked)
    assert [i.data_interval.start.day for i in (first, second)] == [1, 2]
    assert third is None


def test_a_backfill_of_older_dates_does_not_bring_the_years_between(now):
    table = BusinessNights(ZONE, date(2026, 3, 18))
    assert following(table, night(2020, 1, 1)) == date(2026, 3, 18)


def test_a_night_is_a_day_of_the_companys_zone_through_the_change_of_clocks(now):
    now(2026, 4, 2, 7)
    table = BusinessNights(ZONE, date(2026, 3, 29))  # 23 hours long
    info = table.next_dagrun_info(last_automated_data_interval=None, restriction=BY_SCHEDULE)
    assert (info.data_interval.end - info.data_interval.start).total_seconds() == 23 * 3600
    assert following(table, info.data_interval) == date(2026, 3, 30)


@pytest.mark.parametrize("kind", [DagRunType.SCHEDULED, DagRunType.BACKFILL_JOB])
def test_a_run_is_named_after_its_business_date(kind):
    interval = night(2026, 7, 13)  # which begins on the 12th by UTC
    table = BusinessNights(ZONE)
    said = table.generate_run_id(run_type=kind, run_after=interval.end, data_interval=interval)
    assert said == f"{kind.value}__2026-07-13"
    assert DagRunType.from_run_id(said) is kind


@pytest.mark.parametrize("first_night", [None, date(2026, 3, 17)])
def test_the_scheduler_reads_back_what_the_dag_says(first_night, now):
    table = BusinessNights(ZONE, first_night)
    again = BusinessNights.deserialize(table.serialize())
    assert again == table
    assert again.description == table.description
    assert following(again, None) == following(table, None)
