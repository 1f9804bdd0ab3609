"""Whether what is published may leave: the newest night may, a past date only if a person says so twice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from include.settings import Settings
from include.warehouse.published import current, version_for
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
    newest = newest_date(settings)
    return newest is not None and newest > business_date


def refuse_past(settings: Settings, business_date: date, announced: Collection[str]) -> str | None:
    """Why a delivery of the date may not go on, as a sentence; None where it may.

    `announced`: the versions whose announcements started its run. The newest date needs none. For a past
    one the version that stands now must be among them: what was rebuilt since has not been asked about.
    """
    if not is_past(settings, business_date):
        return None
    standing = version_for(settings, business_date)
    if standing is not None and standing.name in announced:
        return None
    return (
        f"A newer date than {business_date} is published, and what stands published for {business_date} did "
        "not start this run. To send a past date, start build_customer360 with it and `send` set to yes, "
        "and approve it there."
    )


def newest_date(settings: Settings) -> date | None:
    """The date that readers see; None before the first publish."""
    version = current(settings)
    return date_of(version.name) if version else None


def _why_past(settings: Settings, business_date: date, is_backfill: bool) -> str | None:
    if is_past(settings, business_date):
        return f"{business_date} is past: readers see {newest_date(settings)}."
    return f"A backfill runs {business_date}." if is_backfill else None
