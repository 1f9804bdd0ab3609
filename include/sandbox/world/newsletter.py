"""The e-mail platform: who subscribes, and what became of each newsletter."""

import numpy as np

from include.sandbox.world import campaigns
from include.sandbox.world.arrivals import Arrivals, different
from include.sandbox.world.calendar import Period
from include.sandbox.world.dress import SUBSCRIBER, dress
from include.sandbox.world.entities import creation
from include.sandbox.world.numbering import by_day
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, Rows, only, rng, texts
from include.sandbox.world.tables import stack, take

COOKIE_KNOWN, DEVICE_KNOWN = 0.5, 0.15
DOMAIN = "mail.shop.example"


def subscribers(people: People, period: Period, sent: Rows, left: Rows) -> tuple[Rows, Rows]:
    """Rows of `subscribers`: each when subscribing, and again when leaving.

    `sent` are newsletters with their outcome, `left` (person, at) who left by another message.
    """
    who = np.flatnonzero(people.persons["newsletter_day"] < NEVER)
    rows = _forms(people, period, who)
    day = people.persons["newsletter_day"][who]
    new = period.covers(day)
    begun = take(rows, new)
    post = Arrivals(period.rng("subscribers"))
    begun = post.arrive(begun, begun["created_at"], "subscriber_id", "email")
    changed = {"email": different(begun["email"], people.persons["email"][who[new]])}
    begun = post.correct(begun, changed)
    gone = ~np.isnat(sent["left_at"])
    leavers = np.concatenate([sent["person"][gone], left["person"]])
    at = np.concatenate([sent["left_at"][gone], left["at"]])
    place = np.searchsorted(who, leavers)
    found = (place < len(who)) & (who[np.minimum(place, len(who) - 1)] == leavers) if len(who) else place < 0
    ended = take(rows, place[found]) | {"status": np.full(int(found.sum()), "unsubscribed", object)}
    ended = post.damage(post.stamp(ended, at[found]), "", "email")
    return stack([begun, ended]), {"record_key": begun["subscriber_id"][: int(new.sum())], "person": who[new]}


def _forms(people: People, period: Period, who: Array) -> Rows:
    """What each subscriber filled in, the same whenever it is asked: cohort by cohort."""
    groups = people.persons["cohort"][who]
    parts = [_cohort_forms(people, period, who[groups == which], which) for which in range(people.cohorts)]
    return stack(parts)


def _cohort_forms(people: People, period: Period, who: Array, which: int) -> Rows:
    persons, day = people.persons, people.persons["newsletter_day"][who]
    draw = rng(period.spec.seed, "subscribers", which)
    dressed = dress(people, who, day, SUBSCRIBER, draw)
    used, n = people.device_of(who, draw), len(who)
    return {
        "subscriber_id": persons["subscriber_id"][who],
        "email": persons["newsletter_email"][who],
        "first_name": dressed["first_name"],
        "last_name": dressed["last_name"],
        "cookie_id": only(draw.random(n) < COOKIE_KNOWN, used["cookie_id"]),
        "device_id": only(draw.random(n) < DEVICE_KNOWN, used["device_id"]),
        "status": np.full(n, "subscribed", object),
        "created_at": creation(people, period, who, day, "subscriber"),
    }


def events(people: People, period: Period, sent: Rows) -> Rows:
    """Rows of `events`: each newsletter accepted, delivered or bounced, opened, clicked, complained of."""
    n = len(sent["person"])
    happened = [
        ("accepted", sent["at"], np.ones(n, bool)),
        ("bounce", sent["at"] + np.timedelta64(20, "s"), sent["is_bounce"]),
        ("delivered", sent["at"] + np.timedelta64(15, "s"), ~sent["is_bounce"]),
        *((name, sent[column], ~np.isnat(sent[column])) for name, column in
          (("open", "opened_at"), ("click", "clicked_at"), ("unsubscribe", "left_at"),
           ("complaint", "complained_at"))),
    ]  # fmt: skip
    index = np.concatenate([np.flatnonzero(mask) for _, _, mask in happened])
    kind = np.concatenate([np.full(int(mask.sum()), name, object) for name, _, mask in happened])
    at = np.concatenate([moments[mask] for _, moments, mask in happened])
    order = np.lexsort((index, at))
    index, kind, at = index[order], kind[order], at[order]
    rows = _columns(people, period, take(sent, index), kind) | {"event_type": kind, "occurred_at": at}
    rows["event_id"] = by_day("M", sent["day"][index])
    post = Arrivals(period.rng("newsletter events"))
    rows = post.arrive(rows, at, "event_id", "message_id")
    return post.correct(rows, {"reason": np.full(len(at), "reprocessed", object)})


def _columns(people: People, period: Period, sent: Rows, kind: Array) -> Rows:
    who, names = sent["person"], campaigns.campaign_names(sent["day"])
    subscriber, campaign = people.persons["subscriber_id"][who], names
    device = people.devices["device_type"][people.first_device[who]]
    pairs = zip(campaign, subscriber, strict=True)
    return {
        "message_id": texts([f"{c}.{s[1:]}@{DOMAIN}" for c, s in pairs]),
        "recipient": _recipients(people, who),
        "campaign": campaign,
        "url": only(kind == "click", "https://shop.example/news"),
        "reason": only(kind == "bounce", "550 5.1.1 mailbox unavailable"),
        "device_type": only(np.isin(kind, ["open", "click"]), device),
    }


def _recipients(people: People, who: Array) -> Array:
    """The address written to: as subscribed, but tidied."""
    used, place = np.unique(who, return_inverse=True)
    mails = texts([people.persons["newsletter_email"][i].strip().lower() for i in used.tolist()])
    return mails[place]
