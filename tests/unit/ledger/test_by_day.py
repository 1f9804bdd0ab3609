"""On a wall clock the night leaves for the day what is due by day: it is sent then, once, or not at all."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.by_day import send_due
from include.clock import Clock
from include.errors import FixConnection
from include.ledger.dispatch import dispatch
from include.ledger.messages import plan
from include.report import write_report
from include.warehouse.published import current
from tests.fixtures.published import decision, point, publish
from tests.fixtures.receivers import PASSWORD, twice
from tests.unit.ledger.conftest import on_sqlite, states
from tests.unit.report.house import marts, members

ANA, BEN = (point(name, f"{name}@example.com") for name in ("ana", "ben"))
WINTER, SUMMER = date(2026, 1, 14), date(2026, 7, 14)
NIGHT, MORNING = timedelta(hours=1), timedelta(hours=9)


@pytest.fixture
def wall(settings, monkeypatch):
    """Sets what the clock on the wall shows: so long after the date's midnight in London."""
    wall = settings.model_copy(update={"clock": "wall"})

    def at(day, since_midnight):
        now = (wall.day_end(day) + since_midnight).astimezone(UTC)
        monkeypatch.setattr(Clock, "now", lambda self: now)
        return wall

    return at


def send_by_day(settings, smtp):
    return send_due(settings, lambda: {"smtp_relay": smtp.connection()})


def send_by_night(settings, smtp, day):
    return dispatch(settings, day, {"smtp_relay": smtp.connection()})


def plan_at_night(wall, day, *people, due=MORNING, **changed):
    settings = wall(day, NIGHT)
    due_at = (settings.day_end(day) + due).astimezone(UTC)
    rows = [decision(p, day, due_at=due_at, **changed) for p in people]
    publish(settings, day, dim_contact_points=people, fct_message_decisions=rows)
    plan(settings, day)
    return settings


@pytest.mark.parametrize("day", [WINTER, SUMMER])
def test_a_mornings_welcome_leaves_in_the_morning_and_once(wall, smtp, day):
    settings = plan_at_night(wall, day, ANA)
    assert send_by_night(settings, smtp, day) == {}
    assert send_by_day(wall(day, timedelta(hours=1, minutes=10)), smtp) == {}
    assert send_by_day(wall(day, timedelta(hours=8, minutes=55)), smtp) == {}
    assert send_by_day(wall(day, timedelta(hours=9, minutes=10)), smtp) == {"confirmed": 1}
    assert send_by_day(wall(day, timedelta(hours=9, minutes=25)), smtp) == {}
    assert len(smtp.ids) == 1


def test_what_a_night_put_back_for_quiet_hours_leaves_when_they_end(wall, smtp):
    settings = plan_at_night(wall, SUMMER, ANA, due=timedelta(0))
    assert send_by_night(settings, smtp, SUMMER) == {"planned:quiet_hours": 1}
    assert send_by_day(wall(SUMMER, timedelta(hours=7, minutes=55)), smtp) == {}
    assert send_by_day(wall(SUMMER, timedelta(hours=8)), smtp) == {"confirmed": 1}


def test_what_a_relay_refused_for_now_is_tried_again_after_its_wait(wall, smtp):
    plan_at_night(wall, SUMMER, ANA)
    smtp.behave = lambda number: "452 full" if number == 1 else "accept"
    (tried,) = send_by_day(wall(SUMMER, MORNING), smtp)
    assert tried.startswith("planned:")
    assert send_by_day(wall(SUMMER, MORNING + timedelta(minutes=4)), smtp) == {}
    assert send_by_day(wall(SUMMER, MORNING + timedelta(minutes=5)), smtp) == {"confirmed": 1}


def test_what_expired_meanwhile_is_not_sent(wall, smtp):
    plan_at_night(wall, SUMMER, ANA, expires_at=datetime(2026, 7, 15, 9, tzinfo=UTC))
    assert send_by_day(wall(SUMMER, timedelta(hours=10)), smtp) == {"expired": 1}
    assert smtp.ids == []


def test_messages_of_earlier_dates_leave_too_under_the_newest_consents(wall, smtp):
    plan_at_night(wall, SUMMER, ANA, BEN, due=timedelta(days=1, hours=9))
    next_day = SUMMER + timedelta(days=1)
    withdrawn = {**BEN, "has_marketing_consent": False}
    publish(wall(next_day, NIGHT), next_day, dim_contact_points=[ANA, withdrawn])
    assert send_by_day(wall(next_day, MORNING), smtp) == {"confirmed": 1, "suppressed:consent_withdrawn": 1}
    assert states(wall(next_day, MORNING))["ana"] == "confirmed"


def test_beside_the_nights_own_dispatch_each_message_still_leaves_once(wall, smtp):
    people = [point(f"c{n}", f"c{n}@example.com") for n in range(20)]
    plan_at_night(wall, SUMMER, *people)
    settings = wall(SUMMER, MORNING)
    with ThreadPoolExecutor() as both:
        by_day = both.submit(send_by_day, settings, smtp)
        by_night = both.submit(send_by_night, settings, smtp, SUMMER)
    assert by_day.result().get("confirmed", 0) + by_night.result().get("confirmed", 0) == len(people)
    assert len(smtp.ids) == len(people) and twice(smtp.ids) == []


def test_before_anything_is_published_no_connection_is_asked_for(settings):
    assert send_due(settings, lambda: pytest.fail("asked for a connection")) == {}


@on_sqlite
def test_what_leaves_by_day_stands_in_the_report_of_the_newest_date(wall, smtp):
    settings = plan_at_night(wall, SUMMER, ANA, BEN)
    for name, rows in marts(SUMMER, members(vip="a")).items():
        if name in ("dim_customers", "fct_audience_membership", "fct_identity_changes"):
            pq.write_table(pa.Table.from_pylist(list(rows)), current(settings) / f"{name}.parquet")
    write_report(settings, SUMMER)
    summary = settings.reports / str(SUMMER) / "summary.json"

    def told():
        return json.loads(summary.read_text())["messages"]["welcome"]["first"]["states"]

    assert told() == {"planned": 2}
    smtp.behave = lambda number: "accept" if number == 1 else "452 full"
    send_by_day(wall(SUMMER, MORNING), smtp)
    assert told() == {"confirmed": 1, "put_back": 1}
    smtp.behave, smtp.password = (lambda number: "accept"), "another"
    with pytest.raises(FixConnection):
        send_by_day(wall(SUMMER, MORNING + timedelta(minutes=15)), smtp)
    smtp.password = PASSWORD
    send_by_day(wall(SUMMER, MORNING + timedelta(minutes=30)), smtp)
    assert told() == {"confirmed": 2}
