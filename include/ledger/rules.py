"""What is checked again at the moment of sending. Pure; missing data means do not send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from include.destinations import QuietHours
from include.ledger.contacts import ContactPoint

NO_CONTACT_POINT = "no_contact_point"
CONSENT_WITHDRAWN = "consent_withdrawn"
IS_SUPPRESSED = "suppressed"
IS_EXPIRED = "expired"
FREQUENCY_CAP = "frequency_cap"
QUIET = "quiet_hours"


@dataclass(frozen=True)
class Refusal:
    """Why a message may not leave now; `until` is set where it may later."""

    reason: str
    why: str
    until: datetime | None = None


def refuse_contact(point: ContactPoint | None, purpose: str) -> Refusal | None:
    """Consent and suppression, from the newest published contact points."""
    if point is None:
        return Refusal(NO_CONTACT_POINT, "the address is no longer a published contact point")
    if not point.is_confirmed:
        return Refusal(NO_CONTACT_POINT, "the address waits for confirmation")
    if point.is_suppressed:
        return Refusal(IS_SUPPRESSED, f"must not be contacted: {point.suppression_reason or 'suppressed'}")
    if not point.consents_to(purpose):
        return Refusal(CONSENT_WITHDRAWN, f"no consent to {purpose} in the newest published version")
    return None


def refuse_expired(expires_at: datetime | None, now: datetime) -> Refusal | None:
    """Too late to be of use."""
    if expires_at is None or now < expires_at:
        return None
    return Refusal(IS_EXPIRED, f"of use until {expires_at.isoformat()} only")


def refuse_quiet(time_zone: str | None, quiet: QuietHours | None, now: datetime) -> Refusal | None:
    """Put back to the first allowed moment where the recipient's night has begun."""
    if quiet is None:
        return None
    allowed = next_allowed(now, zones(time_zone, quiet), quiet)
    if allowed == now:
        return None
    return Refusal(QUIET, f"quiet hours of {time_zone or 'an unknown zone'}", until=allowed)


def zones(time_zone: str | None, quiet: QuietHours) -> list[ZoneInfo]:
    """The recipient's zone; where it is not known, all it might be."""
    try:
        return [ZoneInfo(time_zone)] if time_zone else [ZoneInfo(name) for name in quiet.unknown_zone]
    except (KeyError, ValueError, OSError):
        return [ZoneInfo(name) for name in quiet.unknown_zone]


def next_allowed(now: datetime, places: Sequence[ZoneInfo], quiet: QuietHours) -> datetime:
    """First moment from `now` on at which it is quiet in none of the places (UTC).

    Raises:
        ValueError: the places leave no common hour.
    """
    moment = now
    for _ in range(10):
        later = moment
        for zone in places:
            later = _end_of_quiet(later, zone, quiet.begin, quiet.end)
        if later == moment:
            return moment
        moment = later
    raise ValueError(f"no hour of the day is allowed in all of {[zone.key for zone in places]}")


def _end_of_quiet(moment: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime:
    local = moment.astimezone(zone)
    clock = local.time()
    over_midnight = begin > end
    is_quiet = (clock >= begin or clock < end) if over_midnight else (begin <= clock < end)
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=1) if over_midnight and clock >= begin else local.date()
    return datetime.combine(day, end, tzinfo=zone).astimezone(UTC)
