"""Hidden dispositions: what people are like before anybody writes to them. Never in a channel's table."""

import numpy as np

from include.sandbox.world.population import Cohort
from include.sandbox.world.spec import Array, Rows, WorldSpec, rng, texts

CATEGORIES = 40
PURCHASES_A_YEAR = 7.0


def buying(spec: WorldSpec, group: Cohort) -> Rows:
    """Purchase rate a day, the day a person drops out, spending level, price sensitivity."""
    draw, n = rng(spec.seed, "buying", group.number), group.size
    rate = draw.gamma(1.3, PURCHASES_A_YEAR / 1.3 / 365, n)
    leaving = draw.gamma(1.6, 1 / 900, n)
    drop_out = (
        group.joined
        + 1
        + np.minimum(draw.exponential(1 / np.maximum(leaving, 1e-5)), 20_000).astype(np.int64)
    )
    return {
        "purchase_rate": rate, "dropped_out_day": drop_out,
        "spend_level": draw.lognormal(0, 0.45, n), "price_sensitivity": draw.beta(2, 4, n) * 3,
        "prefers_web": draw.random(n) < 0.45, "web_share": draw.beta(8, 2, n),
        "session_rate": draw.gamma(1.2, 5.0 / 1.2 / 365, n),
    }  # fmt: skip


def timing(spec: WorldSpec, group: Cohort) -> Rows:
    """When in the week a person shops: two peaks of weekdays, their width, and the weekend's."""
    draw, n = rng(spec.seed, "timing", group.number), group.size
    first = np.where(draw.random(n) < 0.3, draw.normal(12.5, 1.0, n), draw.normal(19.5, 1.8, n))
    return {
        "peak_hour": np.mod(first, 24), "second_hour": np.mod(draw.normal(10, 2.5, n), 24),
        "second_share": draw.beta(2, 5, n), "peak_width": draw.gamma(6, 0.3, n),
        "weekend_hour": np.mod(draw.normal(14, 3, n), 24),
    }  # fmt: skip


def responding(spec: WorldSpec, group: Cohort) -> Rows:
    """How a person takes messages: opens, clicks, what they bear, and what a message does to purchases."""
    draw, n = rng(spec.seed, "responding", group.number), group.size
    kind, positive = draw.random(n), draw.gamma(2, 0.35, n)
    effect = np.where(kind < 0.45, 0.0, np.where(kind < 0.50, -draw.beta(2, 4, n), positive))
    return {
        "open_probability": draw.beta(2.2, 4.2, n), "click_probability": draw.beta(1.6, 7.5, n),
        "unsubscribe_probability": draw.beta(1.2, 300, n), "complaint_probability": draw.beta(1.0, 4000, n),
        "bounces": draw.random(n) < 0.012, "bearable_messages_a_week": draw.gamma(3, 1.0, n) + 0.5,
        "message_effect": effect,
    }  # fmt: skip


def tastes(spec: WorldSpec, group: Cohort) -> Array:
    """Share of each category in a person's liking, shape (people, 40); concentrated on a few."""
    draw = rng(spec.seed, "taste", group.number)
    liking = draw.standard_gamma(0.18, (group.size, CATEGORIES)) + 1e-6
    return np.asarray(liking / liking.sum(axis=1, keepdims=True))


def local_hours(persons: Rows, who: Array, days: Array, draw: np.random.Generator) -> Array:
    """An hour of the day at which each of `who` acts, by their own clock."""
    n = len(who)
    second = draw.random(n) < persons["second_share"][who]
    peak = np.where(second, persons["second_hour"][who], persons["peak_hour"][who])
    peak = np.where((days + 3) % 7 >= 5, persons["weekend_hour"][who], peak)
    return np.asarray(np.mod(peak + draw.normal(0, 1, n) * persons["peak_width"][who], 24))


def buying_channel(persons: Rows) -> Array:
    """`shop` or `stores`: where a person rather buys, given where they can."""
    chance = share_on_web(persons)
    return texts(np.where(chance >= 0.5, "shop", "stores").tolist())


def share_on_web(persons: Rows) -> Array:
    """The chance that a purchase is made on the web."""
    in_store = (persons["card_day"] < 10**6) | persons["walks_in"]
    liked = np.where(persons["prefers_web"], persons["web_share"], 0.6 * (1 - persons["web_share"]))
    return np.asarray(
        np.where(persons["buys_online"], np.where(in_store, liked, 1.0), np.where(in_store, 0.0, 1.0))
    )
