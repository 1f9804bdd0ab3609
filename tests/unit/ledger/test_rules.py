"""Quiet hours are the recipient's own, in every zone and on the days when clocks change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.destinations import load_destinations
from include.ledger.contacts import ContactPoint
from include.ledger.rules import next_allowed, refuse_contact, refuse_expired, refuse_quiet, zones

QUIET = load_destinations()["email_relay"].limits.quiet_hours
ZONES = [
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Almaty",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
]


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "now", "allowed"),
    [
        ("Europe/London", "2026-03-16T09:00+00:00", "2026-03-16T09:00+00:00"),
        ("Europe/London", "2026-03-16T20:59:59+00:00", "2026-03-16T20:59:59+00:00"),
        ("Europe/London", "2026-03-16T21:00+00:00", "2026-03-17T08:00+00:00"),
        ("Europe/London", "2026-03-16T07:59:59+00:00", "2026-03-16T08:00+00:00"),
        ("America/Los_Angeles", "2026-03-16T09:00+00:00", "2026-03-16T15:00+00:00"),
        ("Asia/Almaty", "2026-03-16T16:00+00:00", "2026-03-17T03:00+00:00"),
        # The night of 28 to 29 March is an hour shorter in London, that of 24 to 25 October an hour longer.
        ("Europe/London", "2026-03-28T22:00+00:00", "2026-03-29T07:00+00:00"),
        ("Europe/London", "2026-10-24T21:00+00:00", "2026-10-25T08:00+00:00"),
        ("America/New_York", "2026-03-08T04:00+00:00", "2026-03-08T12:00+00:00"),
        ("America/New_York", "2026-11-01T03:00+00:00", "2026-11-01T13:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:00+00:00", "2026-04-04T21:30+00:00"),
        # Unknown: an hour that is allowed in London, Paris and New York.
        (None, "2026-03-16T09:00+00:00", "2026-03-16T12:00+00:00"),
        (None, "2026-03-16T20:30+00:00", "2026-03-17T12:00+00:00"),
        ("Not/AZone", "2026-03-16T09:00+00:00", "2026-03-16T12:00+00:00"),
        ("../etc/passwd", "2026-03-16T09:00+00:00", "2026-03-16T12:00+00:00"),
    ],
)
def test_a_message_waits_for_the_first_allowed_moment(zone, now, allowed):
    assert next_allowed(at(now), zones(zone, QUIET), QUIET) == at(allowed)
    refusal = refuse_quiet(zone, QUIET, at(now))
    assert (refusal.until if refusal else at(now)) == at(allowed)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_moment_is_always_allowed_and_never_far(zone, now):
    allowed = next_allowed(now, [ZoneInfo(zone)], QUIET)
    assert 8 <= allowed.astimezone(ZoneInfo(zone)).hour < 21
    assert now <= allowed <= now + timedelta(hours=12)


def test_places_without_a_common_hour_are_an_error():
    far_apart = [ZoneInfo(name) for name in ("Europe/London", "Asia/Singapore", "America/Los_Angeles")]
    with pytest.raises(ValueError, match="no hour of the day"):
        next_allowed(at("2026-03-16T09:00+00:00"), far_apart, QUIET)


def test_missing_data_means_do_not_send():
    bare = ContactPoint("id", "ana", "email", "ana@example.com", "hash")
    assert refuse_contact(None, "marketing").reason == "no_contact_point"
    assert refuse_contact(bare, "marketing").reason == "consent_withdrawn"
    consented = ContactPoint(
        "id", "ana", "email", "ana@example.com", "hash", has_marketing_consent=True, has_service_consent=False
    )
    assert refuse_contact(consented, "marketing") is None
    assert refuse_contact(consented, "service").reason == "consent_withdrawn"
    assert refuse_contact(consented, "something else").reason == "consent_withdrawn"
    waiting = replace(consented, is_confirmed=False)
    assert refuse_contact(waiting, "marketing").reason == "no_contact_point"


def test_a_contact_point_never_shows_its_address():
    assert "ana@" not in repr(
        ContactPoint("id", "ana", "email", "ana@example.com", "hash", greeting_name="Ana")
    )


def test_what_expires_now_is_too_late():
    now = at("2026-03-16T09:00+00:00")
    assert refuse_expired(now, now).reason == "expired"
    assert refuse_expired(now + timedelta(seconds=1), now) is None
    assert refuse_expired(None, now) is None
