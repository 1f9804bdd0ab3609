"""Whether a published date may be sent: decided from what readers see, what was asked and who runs it."""

from datetime import date

import pytest

from include.sending import Answer, decide, is_past
from include.settings import Settings

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
