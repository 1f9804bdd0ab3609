"""Whether what is published may leave: the newest night may, a past date only if a person says so twice."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from include.settings import Settings
from include.warehouse.published import current
from include.warehouse.versions import date_of


class Answer(StrEnum):
    """Let audiences and messages follow, ask a person first, or let nothing leave."""

    SEND = "send"
    ASK = "ask"
    HOLD = "hold"


@dataclass(frozen=True)
class Sending:
    """An answer and its reason, as a sentence for whoever reads the log."""

    answer: Answer
    why: str


def decide(settings: Settings, business_date: date, asked: str, is_backfill: bool) -> Sending:
    """Decide for a date that has just been published. `asked`: auto, no or yes.

    A date is past when a newer one is published, or a backfill runs it. A night that runs late, after an
    outage, is not: what of it is still due is judged by expiry and quiet hours.
    """
    past = _why_past(settings, business_date, is_backfill)
    if asked == "no":
        return Sending(Answer.HOLD, f"{business_date} is published and not sent, as asked.")
    if past is None:
        return Sending(Answer.SEND, f"{business_date} is the newest date: audiences and messages follow.")
    if asked == "yes":
        return Sending(Answer.ASK, f"{past} Sending it was asked for.")
    return Sending(Answer.HOLD, f"{past} It is published and not sent; to send it, set `send` to yes.")


def is_past(settings: Settings, business_date: date) -> bool:
    """Whether a newer date is published: whatever is sent now is sent from that one."""
    newest = _newest(settings)
    return newest is not None and newest > business_date


def _why_past(settings: Settings, business_date: date, is_backfill: bool) -> str | None:
    if is_past(settings, business_date):
        return f"{business_date} is past: readers see {_newest(settings)}."
    return f"A backfill runs {business_date}." if is_backfill else None


def _newest(settings: Settings) -> date | None:
    version = current(settings)
    return date_of(version.name) if version else None
