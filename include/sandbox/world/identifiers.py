"""What people are known by: e-mail addresses, devices, loyalty cards, accounts, subscriptions."""

import numpy as np

from include.sandbox.world.calendar import number
from include.sandbox.world.mail_names import draw_addresses
from include.sandbox.world.names import latin
from include.sandbox.world.population import NEVER, Cohort
from include.sandbox.world.spec import Array, Rows, WorldSpec, only, rng, scatter, texts

CARD, WALK_IN, ACCOUNT, SECOND_ACCOUNT, NEWSLETTER, GUEST = 0.62, 0.30, 0.50, 0.2, 0.45, 0.35
SECOND_ADDRESS, LENDERS = 0.30, 0.011
DEVICE_TYPES = ("desktop", "mobile", "tablet")
KIOSKS = 200


def mail_addresses(spec: WorldSpec, group: Cohort, homes: Rows, called: Rows) -> Array:
    """Wanted addresses, shape (people, 3): first, second or none, the family's or none; not yet distinct."""
    draw, n = rng(spec.seed, "mail", group.number), group.size
    first = texts([latin(name) for name in called["first_name"]])
    last = texts([latin(name) for name in called["last_name"]])
    years = 1970 + called["birth_day"] // 365
    one, two = (draw_addresses(draw, first, last, homes["country"], years) for _ in range(2))
    two = only(draw.random(n) < SECOND_ADDRESS, two)
    _, head, rank = np.unique(homes["household"], return_index=True, return_inverse=True)
    family = draw_addresses(draw, np.full(n, "family", object), last, homes["country"], years)[head][rank]
    return np.stack([one, two, only(homes["household_size"] > 1, family)], axis=1)


def devices(spec: WorldSpec, group: Cohort, base: int) -> Rows:
    """One to three devices a person, each with its browser's cookie: person, type, device_id, cookie_id."""
    draw = rng(spec.seed, "devices", group.number)
    count = draw.choice([1, 2, 3], group.size, p=[0.45, 0.35, 0.20])
    person = np.repeat(np.arange(group.size), count)
    kinds = draw.choice(3, len(person), p=[0.36, 0.54, 0.10])
    at = base + np.arange(len(person))
    return {
        "person": person + group.base,
        "device_type": np.array(DEVICE_TYPES, object)[kinds],
        "device_id": codes("d", scatter(at, 10**10, spec.seed, "device"), 10),
        "cookie_id": codes("ck-", scatter(at, 10**10, spec.seed, "cookie"), 10),
    }


def memberships(spec: WorldSpec, group: Cohort) -> Rows:
    """Who holds a card, an account (or two), a newsletter, and from which day; NEVER for those who do not."""
    draw, n = rng(spec.seed, "memberships", group.number), group.size
    card, account, letter = (draw.random(n) < share for share in (CARD, ACCOUNT, NEWSLETTER))
    if group.countries is not None:
        account[:] = True
    second = account & (draw.random(n) < SECOND_ACCOUNT) & (group.countries is None)
    has = np.stack([card, account, letter, second])
    delay = np.where(draw.random((4, n)) < 0.4, 0, draw.exponential(30, (4, n)))
    entry = np.argmax(np.where(has[:3], draw.random((3, n)), -1), axis=0)
    delay[entry, np.arange(n)] = 0
    delay[3] += draw.exponential(60, n)
    if group.number == 0:  # all of it happens by the first date, however late one joins
        room = np.maximum(number(spec.first_date) - group.joined, 0)
        delay = np.minimum(delay, draw.random((4, n)) * room)
    day = np.where(has, group.joined + delay.astype(np.int64), NEVER)
    if group.countries is not None:
        day[1] = group.joined
    return {
        "card_day": day[0], "account_day": day[1], "newsletter_day": day[2], "second_account_day": day[3],
        "walks_in": ~card & (draw.random(n) < WALK_IN / (1 - CARD)),
        "buys_online": account | (draw.random(n) < GUEST),
    }  # fmt: skip


def cards(spec: WorldSpec, group: Cohort, homes: Rows, member: Rows) -> Rows:
    """Loyalty and contact numbers, and whose card a person sometimes uses (-1: only their own)."""
    draw, n = rng(spec.seed, "cards", group.number), group.size
    at = group.base + np.arange(n)
    lends = np.flatnonzero((member["card_day"] < NEVER) & (draw.random(n) < LENDERS))
    shops = np.flatnonzero((member["card_day"] < NEVER) | member["walks_in"])
    users = draw.choice(shops, len(lends)) if len(shops) else lends
    family = (homes["household_size"][lends] == 4) & (draw.random(len(lends)) < 0.7)
    users = np.where(family, np.where(lends % 10 == 9, lends - 1, np.minimum(lends + 1, n - 1)), users)
    member["walks_in"][users] |= member["card_day"][users] == NEVER
    uses = np.full(n, -1)
    uses[users[users != lends]] = lends[users != lends] + group.base
    return {
        "loyalty_id": codes("LC", scatter(at, 10**8, spec.seed, "card"), 8),
        "contact_id": codes("C", scatter(at, 10**8, spec.seed, "contact"), 8),
        "subscriber_id": codes("N", scatter(at, 10**8, spec.seed, "subscriber"), 8),
        "borrows_card_of": uses,
    }


def codes(prefix: str, numbers: Array, digits: int) -> Array:
    """Numbers as codes of a fixed width: `LC00001234`."""
    return texts([f"{prefix}{value:0{digits}d}" for value in numbers.tolist()])
