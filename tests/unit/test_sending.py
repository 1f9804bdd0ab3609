"""Whether a published date may be sent: decided from what readers see, what was asked and who runs it."""

from datetime import date

import pytest

from include.sending import Answer, decide, is_past, newest_date, refuse_past
from include.settings import Settings
from include.warehouse import versions

OLDER, NEWEST, NEWER = date(2026, 3, 14), date(2026, 3, 15), date(2026, 3, 16)


@pytest.fixture
def settings(tmp_path):
    """Readers see the 15th."""
    settings = Settings(var=tmp_path)
    settings.published.mkdir(parents=True)
    (settings.published / "current").write_text("2026-03-15-0123456789ab\n")
    return settings


@pytest.mark.parametrize(
    ("day", "asked", "is_backfill", "answer"),
    [
        (NEWEST, "auto", False, Answer.SEND),
        (NEWER, "auto", False, Answer.SEND),
        (NEWEST, "yes", False, Answer.SEND),
        (NEWEST, "no", False, Answer.HOLD),
        (NEWEST, "auto", True, Answer.HOLD),
        (NEWEST, "yes", True, Answer.ASK),
        (OLDER, "auto", False, Answer.HOLD),
        (OLDER, "no", False, Answer.HOLD),
        (OLDER, "yes", False, Answer.ASK),
        (OLDER, "yes", True, Answer.ASK),
    ],
)
def test_only_the_newest_date_is_sent_unasked(settings, day, asked, is_backfill, answer):
    said = decide(settings, day, asked, is_backfill)
    assert said.answer is answer
    assert str(day) in said.why


def test_before_anything_is_published_no_date_is_past(tmp_path):
    assert not is_past(Settings(var=tmp_path), OLDER)
    assert decide(Settings(var=tmp_path), OLDER, "auto", False).answer is Answer.SEND
    assert newest_date(Settings(var=tmp_path)) is None
    assert refuse_past(Settings(var=tmp_path), OLDER, set()) is None


@pytest.fixture
def rebuilt(settings):
    """The 14th, published twice: first and rebuilt."""
    names = [f"{OLDER}-{letter * 12}" for letter in "ab"]
    for name in names:
        (settings.published / name).mkdir()
        versions.record(settings, name)
    return names


def test_a_delivery_of_the_newest_date_goes_on_whoever_started_it(settings, rebuilt):
    assert refuse_past(settings, NEWEST, set()) is None
    assert refuse_past(settings, NEWER, {"None"}) is None


def test_a_delivery_of_a_past_date_goes_on_with_the_version_that_started_it(settings, rebuilt):
    first, second = rebuilt
    assert refuse_past(settings, OLDER, {second}) is None
    assert refuse_past(settings, OLDER, {first, second}) is None


@pytest.mark.parametrize("announced", [set(), {"None"}, {f"{OLDER}-{'a' * 12}"}, {f"{OLDER}-{'c' * 12}"}])
def test_a_past_date_that_was_rebuilt_or_never_announced_is_refused(settings, rebuilt, announced):
    why = refuse_past(settings, OLDER, announced)
    assert str(OLDER) in why and "start build_customer360" in why


def test_a_past_date_of_which_no_version_is_kept_is_refused(settings):
    assert refuse_past(settings, OLDER, {f"{OLDER}-{'a' * 12}"})
