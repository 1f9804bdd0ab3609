"""Consent as dated events: what each person allowed on joining, took back later, or wants erased.

All of it is a function of the person: the history and any later day tell one story.
"""

import numpy as np

from include.sandbox.world.arrivals import Arrivals
from include.sandbox.world.calendar import DAY_US, Period, number
from include.sandbox.world.dress import telephone_of
from include.sandbox.world.entities import creation
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, Rows, chance_of, only, rng, texts
from include.sandbox.world.tables import stack, take

PAIRS = (
    *(("marketing", channel) for channel in ("email", "sms", "phone", "post", "messenger", "push", "ads")),
    ("service", "email"), ("service", "sms"), ("profiling", "email"),
)  # fmt: skip
GRANTED = (0.57, 0.83)
# shares a year; a little above the world's .09 and .005, for four in ten came during the year
WITHDRAWN, ERASED = 0.118, 0.0066
TEXT_VERSIONS = ("2023-01", "2024-06", "2025-09")


def consents(people: People, period: Period) -> Rows:
    """Rows of `consents`. Each names the contact, else the subscriber, else an e-mail address."""
    base = _entries(people)
    seed, who, day = period.spec.seed, base["person"], base["day"]
    shares = rng(seed, "consent shares").uniform(*GRANTED, len(PAIRS))
    parts = []
    for turn, (purpose, channel) in enumerate(PAIRS):
        granted = np.flatnonzero(chance_of(seed, "grants", who, turn) < shares[turn])
        back = _some_day(period, people, who[granted], day[granted], turn, WITHDRAWN)
        parts.append(_events(base, granted, day[granted], f"{turn:02d}g", (purpose, channel, "granted")))
        parts.append(_events(base, granted, back, f"{turn:02d}w", (purpose, channel, "withdrawn")))
    erased = _some_day(period, people, who, day, 99, ERASED)
    parts.append(_events(base, np.arange(len(who)), erased, "e", ("service", "email", "erasure_requested")))
    rows = stack([take(part, period.covers(part["day"]) & (part["day"] < NEVER)) for part in parts])
    return _written(people, period, rows)


def _entries(people: People) -> Rows:
    """How and when each person first said what they allow: card, newsletter or account, the earliest."""
    persons, n = people.persons, len(people)
    days = np.stack([persons[name] for name in ("card_day", "newsletter_day", "account_day")])
    entry = np.argmin(days, axis=0)
    account = np.searchsorted(people.accounts["person"], np.arange(n))
    mails = people.accounts["email"]
    opened = mails[np.minimum(account, max(len(mails) - 1, 0))] if len(mails) else np.full(n, None, object)
    rows = {
        "person": np.arange(n),
        "day": days.min(axis=0),
        "contact_id": only(entry == 0, persons["contact_id"]),
        "subscriber_id": only(entry == 1, persons["subscriber_id"]),
        "email": np.where(entry == 2, opened, only(entry == 1, persons["newsletter_email"])),
        "source": np.array(["stores", "newsletter", "web"], object)[entry],
        "jurisdiction": persons["country"],
    }
    return take(rows, rows["day"] < NEVER)


def _some_day(period: Period, people: People, who: Array, since: Array, turn: int, share: float) -> Array:
    """When somebody who allowed something thinks better of it, watched from the start of the year."""
    watched = np.maximum(since, number(period.spec.first_date) - 364)
    chance = np.maximum(1 - chance_of(period.spec.seed, "thinks better", who, turn), 1e-12)
    return np.asarray(
        np.minimum(watched + 1 + (365 * np.log(chance) / np.log1p(-share)).astype(np.int64), NEVER)
    )


def _events(base: Rows, index: Array, day: Array, code: str, said: tuple[str, str, str]) -> Rows:
    n = len(index)
    names = dict(
        zip(("purpose", "channel", "status"), (np.full(n, word, object) for word in said), strict=True)
    )
    return take(base, index) | names | {"day": day, "code": np.full(n, code, object)}


def _written(people: People, period: Period, rows: Rows) -> Rows:
    draw, who, day = period.rng("consents"), rows["person"], rows["day"]
    n = len(who)
    order = np.lexsort((rows["code"].astype(str), who, day))
    rows, who, day = take(rows, order), who[order], day[order]
    at = creation(people, period, who, day, "consent")
    at = at + ((chance_of(period.spec.seed, "consent pause", who, day) * DAY_US) / 3000).astype(
        "timedelta64[us]"
    )
    phones = telephone_of(people, who, day, draw)
    by_phone = np.isin(rows["channel"], ["sms", "phone", "messenger"]) & (draw.random(n) < 0.3)
    ids = zip(people.persons["contact_id"][who], rows["code"], strict=True)
    rows |= {
        "consent_event_id": texts([f"G{contact[1:]}-{code}" for contact, code in ids]),
        "occurred_at": at,
        "phone": only(by_phone, phones),
        "text_version": np.array(TEXT_VERSIONS, object)[
            np.clip((day - number(period.spec.first_date)) // 400 + 2, 0, 2)
        ],
    }
    post = Arrivals(draw)
    rows = post.arrive(rows, at, "consent_event_id", "status")
    return post.correct(rows, {"text_version": np.full(n, "corrected", object)})
