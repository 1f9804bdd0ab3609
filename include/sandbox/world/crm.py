"""CRM and loyalty: a contact for each card holder, and what they said they like."""

import numpy as np

from include.sandbox.world.arrivals import Arrivals, different
from include.sandbox.world.calendar import DAY_US, Period
from include.sandbox.world.catalogue import CATEGORIES
from include.sandbox.world.dress import CONTACT, dress
from include.sandbox.world.entities import creation, versions
from include.sandbox.world.people import People
from include.sandbox.world.population import NEVER
from include.sandbox.world.spec import Array, Rows, chance_of, only, texts
from include.sandbox.world.tables import stack

TOPICS = (("category", 0.35), ("channel", 0.3), ("frequency", 0.2))
"""What contacts are asked, and the share of them who answer."""


def contacts(people: People, period: Period) -> tuple[Rows, Rows]:
    """Rows of `contacts`: each when the card is issued, and again when its holder's details change."""
    draw, persons = period.rng("contacts"), people.persons
    who, day = versions(people, period, np.arange(len(people)), persons["card_day"], "contact")
    created = creation(people, period, who, persons["card_day"][who], "contact")
    rewritten = creation(people, period, who, day, "contact change")
    shown = np.where(day == persons["card_day"][who], created, rewritten)
    rows = (
        dress(people, who, day, CONTACT, draw)
        | {
            "contact_id": persons["contact_id"][who],
            "loyalty_id": persons["loyalty_id"][who],
            "created_at": created,
            "gender": only(draw.random(len(who)) < 0.9, persons["gender"][who]),
            "language": persons["language"][who],
            "time_zone": persons["time_zone"][who],
        }
        | _standing(people, period, who, day)
    )
    truth = {"record_key": rows["contact_id"], "person": who}
    post = Arrivals(draw)
    rows = post.arrive(rows, shown, "contact_id", "loyalty_id", born="birth_date")
    changed = {"last_name": different(rows["last_name"], persons["last_name"][who])}
    return post.correct(rows, changed), truth


def _standing(people: People, period: Period, who: Array, day: Array) -> Rows:
    """Points, and the tier they give."""
    persons = people.persons
    expected = (
        persons["purchase_rate"][who]
        * 120
        * persons["spend_level"][who]
        * (day - persons["card_day"][who] + 90)
    )
    noise = 0.3 + 1.4 * chance_of(period.spec.seed, "points", who, day)
    points = np.maximum(expected * noise, 0).astype(np.int64)
    tiers = np.array(["basic", "silver", "gold"], object)
    return {"points": points, "tier": tiers[(points >= 400).astype(int) + (points >= 1500)]}


def preferences(people: People, period: Period) -> Rows:
    """Rows of `preferences`: favourite category, preferred channel, frequency; of those who said so."""
    rows = stack([_preference(people, period, turn) for turn in range(len(TOPICS))])
    other = np.where(
        rows["topic"] == "frequency", "never", np.where(rows["topic"] == "channel", "post", "Tea")
    )
    other = np.where(rows["value"] == other, "other", other).astype(object)
    post = Arrivals(period.rng("preferences"))
    return post.correct(post.arrive(rows, rows.pop("at"), "preference_id", "value"), {"value": other})


def _preference(people: People, period: Period, turn: int) -> Rows:
    (topic, share), seed, persons = TOPICS[turn], period.spec.seed, people.persons
    holders = np.flatnonzero(persons["card_day"] < NEVER)
    who = holders[chance_of(seed, "says", holders, turn) < share]
    wait = (30 * chance_of(seed, "says when", who, turn) ** 2).astype(np.int64)
    day = persons["card_day"][who] + wait
    kept = period.covers(day)
    who, day = who[kept], day[kept]
    return {
        "preference_id": texts([f"{c}-{topic}" for c in persons["contact_id"][who]]),
        "contact_id": persons["contact_id"][who],
        "topic": np.full(len(who), topic, object),
        "value": _said(people, seed, topic, who),
        "at": creation(people, period, who, day, topic) + np.timedelta64(DAY_US // 2000, "us"),
    }


def _said(people: People, seed: int, topic: str, who: Array) -> Array:
    chance = chance_of(seed, "says what", who, len(topic))
    if topic == "category":
        favourite = np.argmax(people.taste[who], axis=1) if len(who) else np.empty(0, np.int64)
        told = np.where(chance < 0.8, favourite, (chance * 997).astype(np.int64) % len(CATEGORIES))
        return texts([CATEGORIES[i].replace("-", " ") for i in told.tolist()])
    answers = ("email", "sms", "post", "phone") if topic == "channel" else ("weekly", "monthly", "quarterly")
    return texts([answers[int(c**1.5 * len(answers))] for c in chance.tolist()])
