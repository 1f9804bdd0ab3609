"""`make up` begins with the night that people expect, and says which."""

from datetime import date

import pytest

from include.sandbox.parameters import Parameters, SandboxError, World, write_world
from include.settings import Settings
from ops.up import main, plan_nights

TODAY = date(2026, 3, 20)


@pytest.fixture
def house(tmp_path):
    return Settings(var=tmp_path, clock="sandbox")


def stands_at(house, day, first=date(2026, 3, 10)):
    write_world(house, World(Parameters(people=10, seed=7, first_date=first), day))


def published(house, day):
    version = f"{day}-0123456789ab"
    (house.published / version).mkdir(parents=True)
    listed = house.warehouse / "versions" / str(day)
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text(f"{version}\n")


def test_a_new_company_begins_with_last_night(house):
    plan = plan_nights(house, TODAY, None)
    assert plan.first_night == date(2026, 3, 19)
    assert "2026-03-19 now, then one each midnight" in plan.said


def test_nights_missed_while_it_was_down_are_run_in_order(house):
    stands_at(house, date(2026, 3, 16))
    published(house, date(2026, 3, 16))
    plan = plan_nights(house, TODAY, None)
    assert plan.first_night == date(2026, 3, 17)
    assert "the 3 nights 2026-03-17 to 2026-03-19 now, in order" in plan.said


def test_a_night_that_was_begun_and_not_published_comes_first(house):
    stands_at(house, date(2026, 3, 18))
    published(house, date(2026, 3, 17))
    assert plan_nights(house, TODAY, None).first_night == date(2026, 3, 18)


def test_a_company_left_for_months_is_not_made_to_live_through_every_night(house):
    stands_at(house, date(2025, 9, 1), first=date(2025, 9, 1))
    published(house, date(2025, 9, 1))
    plan = plan_nights(house, TODAY, None)
    assert plan.first_night == TODAY
    assert "make up DATE=2025-09-02" in plan.said


def test_the_date_asked_for_counts(house):
    stands_at(house, date(2026, 3, 16))
    assert plan_nights(house, TODAY, date(2026, 3, 12)).first_night == date(2026, 3, 12)


def test_a_date_before_the_companys_history_is_refused(house):
    stands_at(house, date(2026, 3, 16))
    with pytest.raises(SandboxError, match="history begins"):
        plan_nights(house, TODAY, date(2020, 1, 1))


def test_down_with_nothing_up_says_so(house, monkeypatch, capsys):
    monkeypatch.setenv("OMNI_VAR", str(house.var))
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "nothing was running\n"
