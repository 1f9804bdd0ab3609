"""What the recipient of one accepted e-mail does with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from include.sandbox.world.calendar import Period
from include.sandbox.world.mail_names import mailbox
from include.sandbox.world.noise_contact import is_nobodys
from include.sandbox.world.people import People
from include.sandbox.world.spec import Rows, WorldSpec, rng

Event = dict[str, Any]
# how much readier people are to open a kind of message than a newsletter
READINESS = {"welcome": 1.5, "abandoned_cart": 1.4, "service": 1.6}


def respond(
    spec: WorldSpec, people: People, recipient: str, message_id: str, sent_at: datetime, kind: str,
    recent: int = 0, has_complaint: bool = False,
) -> list[Event]:  # fmt: skip
    """Events of one message, in order (see `email_response`)."""
    draw = rng(spec.seed, "message", message_id)
    who = None if is_nobodys(recipient.strip().lower()) else people.by_mailbox.get(mailbox(recipient))
    chance, wait = draw.random(5), float(draw.exponential(3.0))
    story = [("accepted", 0.0)]
    if who is None or people.persons["bounces"][who]:
        story.append(("bounce", 0.006))
    else:
        story.append(("delivered", 0.004))
        story += _read(people, who, kind, chance.tolist(), wait, recent, has_complaint)
    device = None if who is None else str(people.devices["device_type"][people.first_device[who]])
    return [_event(message_id, recipient, kind, sent_at, n, step, device) for n, step in enumerate(story)]


def _read(
    people: People, who: int, kind: str, chance: list[float], wait: float, recent: int, has_complaint: bool
) -> list[tuple[str, float]]:
    """Opened, clicked, left or complained of, each with the hours since sending."""
    p = {name: float(people.persons[name][who]) for name in (
        "open_probability", "click_probability", "unsubscribe_probability", "complaint_probability",
        "bearable_messages_a_week",
    )}  # fmt: skip
    ready = READINESS.get(kind.partition("__")[0], 1.0)
    if chance[0] >= min(p["open_probability"] * ready, 0.97):
        return []
    story = [("open", 0.02 + wait)]
    if chance[1] < min(p["click_probability"] * ready, 0.9):
        story.append(("click", 0.04 + wait))
    too_many = max(recent + 1 - p["bearable_messages_a_week"], 0.0)
    leaving = p["unsubscribe_probability"] * 2**too_many * (6 if has_complaint else 1)
    if chance[2] < min(leaving, 0.9):
        story.append(("unsubscribe", 0.06 + wait))
    if chance[3] < min(p["complaint_probability"], 0.5):
        story.append(("complaint", 0.08 + wait))
    return story


def _event(
    message_id: str,
    recipient: str,
    kind: str,
    sent_at: datetime,
    n: int,
    step: tuple[str, float],
    device: str | None,
) -> Event:
    what, hours = step
    at = sent_at.astimezone(UTC) + timedelta(hours=hours)
    return {
        "event_id": f"{message_id.partition('@')[0]}-{n}",
        "event_type": what,
        "occurred_at": at,
        "updated_at": at,
        "message_id": message_id,
        "recipient": recipient,
        "campaign": kind,
        "url": "https://shop.example/" if what == "click" else None,
        "reason": "550 5.1.1 mailbox unavailable" if what == "bounce" else None,
        "device_type": device if what in ("open", "click") else None,
    }


def outcomes(period: Period, people: People, messages: pd.DataFrame) -> tuple[Rows, Rows]:
    """Messages seen, and subscribers who left because of one: (person, at, channel), (person, at).

    Only what happened before the period ends counts, and of leaving only what happened in it.
    """
    seen: list[tuple[int, np.datetime64, str]] = []
    left: list[tuple[int, np.datetime64]] = []
    for who, channel, story in _stories(period.spec, people, messages):
        for event in story:
            at = np.datetime64(event["occurred_at"].replace(tzinfo=None), "us")
            if event["event_type"] == "open" and at < period.end:
                seen.append((who, at, channel))
            if event["event_type"] == "unsubscribe" and period.start <= at < period.end:
                left.append((who, at))
    return _columns(seen, ("person", "at", "channel")), _columns(left, ("person", "at"))


def _stories(
    spec: WorldSpec, people: People, messages: pd.DataFrame
) -> Iterator[tuple[int, str, list[Event]]]:
    """Who got each message, through which channel, and what they did with it."""
    for row in messages.to_dict("records"):
        recipient, sent = str(row["recipient"]), pd.Timestamp(row["sent_at"])
        who = people.by_mailbox.get(mailbox(recipient))
        if who is None:
            continue
        sent = sent.tz_localize("UTC") if sent.tzinfo is None else sent
        kind = _text(row.get("campaign")) or _text(row.get("kind")) or "message"
        name = _text(row.get("message_id")) or f"{recipient}|{sent.isoformat()}"
        story = respond(spec, people, recipient, name, sent.to_pydatetime(), kind)
        yield who, _text(row.get("channel")) or "email", story


def _text(value: object) -> str:
    """The value if it is text; nothing for what a data frame puts in its place."""
    return value if isinstance(value, str) else ""


def _columns(rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> Rows:
    kinds: dict[str, Any] = {"person": np.int64, "at": "datetime64[us]", "channel": object}
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: np.array(list(values), kinds[name]) for name, values in zip(names, columns, strict=True)}
