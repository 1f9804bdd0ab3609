"""One run at a time builds on the candidate, and a run that has ended holds nobody up."""

import pytest

from include.settings import Settings
from include.warehouse.turn import end_turn, take_turn


@pytest.fixture
def settings(tmp_path):
    return Settings(var=tmp_path)


def goes_on(run_id):
    return True


def has_ended(run_id):
    return False


def test_a_second_run_waits_while_the_first_goes_on(settings):
    assert take_turn(settings, "first", goes_on)
    assert not take_turn(settings, "second", goes_on)
    assert take_turn(settings, "first", goes_on), "clearing its own task is no conflict"


def test_the_turn_passes_on_when_the_first_has_published(settings):
    take_turn(settings, "first", goes_on)
    end_turn(settings, "second")
    assert not take_turn(settings, "second", goes_on), "only its holder gives the turn back"
    end_turn(settings, "first")
    assert take_turn(settings, "second", goes_on)


def test_a_run_that_failed_is_not_waited_for(settings):
    take_turn(settings, "first", goes_on)
    assert take_turn(settings, "second", has_ended)
    assert not take_turn(settings, "first", goes_on)


def test_the_folder_of_persons_rows_is_its_owners_alone(settings):
    take_turn(settings, "first", goes_on)
    assert settings.warehouse.stat().st_mode & 0o077 == 0
