"""Who there is: households, countries, names, addresses, telephones, and what changes in their lives.

People come in cohorts: cohort 0 are those who joined by the first date; each later one the
newcomers of 365 days. A cohort never depends on a later one.
"""

from dataclasses import dataclass

import numpy as np

from include.sandbox.world.calendar import number
from include.sandbox.world.countries import COUNTRIES, SHARES, STREETS
from include.sandbox.world.names import draw_names, feminine
from include.sandbox.world.spec import Array, Rows, WorldSpec, only, rng, scatter, texts

NEVER = 10**6
"""A day number that does not come."""
YEAR = 365
HOUSEHOLDS = np.array(
    [0, 1, 2, 3, 4, 4, 5, 5, 5, 5]
)  # which of its ten people's six households one belongs to
SHARED_SURNAME, SHARED_PHONE = 0.85, 0.30
# Shares a year. World rates are of the people there are at the end; four in ten of them came during
# the year and are watched for half of it, so what is drawn is a little higher. Who is given somebody's
# old number leaves a number behind as well, so more old ones are given away than the quarter that shows.
MOVES, NEW_PHONE, NEW_SURNAME, REASSIGNED = 0.0385, 0.051, 0.026, 0.36


@dataclass(frozen=True)
class Cohort:
    """People who join in one stretch of time. `base` is the index of the first of them.

    Where a transaction file makes them, it says their countries and the account each of them has.
    """

    number: int
    base: int
    joined: Array
    countries: Array | None = None
    account_ids: Array | None = None

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.joined)


def cohort(spec: WorldSpec, which: int, base: int) -> Cohort:
    """When the people of a cohort join: six in ten of the first before the year of history."""
    draw, first = rng(spec.seed, "join", which), number(spec.first_date)
    if which:
        size = round(0.4 * spec.people)
        return Cohort(which, base, first + YEAR * (which - 1) + 1 + draw.integers(0, YEAR, size))
    start = first - YEAR + 1
    before = start - 1 - draw.integers(0, 3 * YEAR, spec.people)
    during = start + draw.integers(0, YEAR, spec.people)
    return Cohort(0, base, np.where(draw.random(spec.people) < 0.6, before, during))


def households(spec: WorldSpec, group: Cohort) -> Rows:
    """Household, its size, country, culture, zone and language of each person."""
    draw, at = rng(spec.seed, "households", group.number), np.arange(group.size)
    home = at // 10 * 6 + HOUSEHOLDS[at % 10]
    count = int(home[-1]) + 1 if group.size else 0
    names = np.array(list(SHARES), object)
    share = np.cumsum(list(SHARES.values()))
    country = names[np.searchsorted(share / share[-1], draw.random(count))][home]
    country = country if group.countries is None else group.countries
    zone = draw.random(count)[home]
    sizes = np.bincount(home, minlength=count)[home]
    facts = [COUNTRIES[c] for c in country]
    return {
        "household": home + group.base,
        "household_size": sizes,
        "country": country,
        "culture": texts([f.culture for f in facts]),
        "language": texts([f.language for f in facts]),
        "time_zone": texts([f.zones[int(z * len(f.zones))] for f, z in zip(facts, zone, strict=True)]),
    }


def call(spec: WorldSpec, group: Cohort, homes: Rows) -> Rows:
    """Gender, names (own script), birth day, and another last name later on."""
    draw, n = rng(spec.seed, "names", group.number), group.size
    gender = texts(draw.choice(["f", "m", "x"], n, p=[0.505, 0.485, 0.01]).tolist())
    is_woman = np.where(gender == "x", draw.random(n) < 0.5, gender == "f")
    first = draw_names(draw, homes["culture"], np.where(is_woman, 0, 1))
    own, new = (draw_names(draw, homes["culture"], np.full(n, 2)) for _ in range(2))
    _, head = np.unique(homes["household"], return_index=True)
    shares = (draw.random(n) < SHARED_SURNAME) & (homes["culture"] == homes["culture"][head][_rank(homes)])
    last = np.where(shares, own[head][_rank(homes)], own)
    russian = np.flatnonzero((homes["culture"] == "RU") & is_woman)
    for i in russian:
        last[i], new[i] = feminine(last[i]), feminine(new[i])
    new = np.where(new == last, texts([f"{a}-{b}" for a, b in zip(new, last, strict=True)]), new)
    age = np.where(np.arange(n) % 10 >= 8, draw.integers(13, 26, n), np.clip(draw.gamma(9, 5, n), 18, 95))
    birth = group.joined - (age * 365.25).astype(np.int64) - draw.integers(0, 365, n)
    return {
        "gender": gender, "first_name": first, "last_name": last, "birth_day": birth,
        "new_last_name": new, "surname_day": _some_day(spec, group, "surname", NEW_SURNAME),
    }  # fmt: skip


def addresses(spec: WorldSpec, group: Cohort, homes: Rows) -> Rows:
    """Where households live, and where those who move go."""
    rank = _rank(homes)
    _, head = np.unique(homes["household"], return_index=True)
    out: Rows = {"move_day": _some_day(spec, group, "move", MOVES)}
    for prefix, people in (("", head[rank]), ("new_", np.arange(group.size))):
        street, postcode, city = _places(rng(spec.seed, prefix + "address", group.number), homes, people)
        out |= {f"{prefix}street": street, f"{prefix}postcode": postcode, f"{prefix}city": city}
    return out


def telephones(spec: WorldSpec, group: Cohort, homes: Rows, known: dict[str, int]) -> Rows:
    """Mobile numbers (E.164), a later one, the household's; a quarter of the old ones go to somebody else.

    `known`: how many numbers each country has given out to earlier cohorts; brought up to date.
    """
    draw = rng(spec.seed, "telephones", group.number)
    own, new, home = (_numbers(spec, homes["country"], known) for _ in range(3))
    rank = _rank(homes)
    has_home = (draw.random(int(rank.max(initial=0)) + 1) < SHARED_PHONE)[rank] & (
        homes["household_size"] > 1
    )
    _, head = np.unique(homes["household"], return_index=True)
    day = _some_day(spec, group, "phone", NEW_PHONE)
    horizon = int(group.joined.max(initial=0)) + YEAR
    leavers = np.flatnonzero(day <= horizon)
    leavers = leavers[draw.random(len(leavers)) < REASSIGNED]
    takers = draw.permutation(np.flatnonzero(day > horizon))[: len(leavers)]
    leavers = leavers[: len(takers)]
    new[takers], day[takers] = own[leavers], np.maximum(day[leavers], group.joined[takers]) + 5
    day[takers] += draw.integers(0, 40, len(takers))
    return {"phone": own, "new_phone": new, "phone_day": day,
            "home_phone": only(has_home, home[head][rank])}  # fmt: skip


def _rank(homes: Rows) -> Array:
    return np.unique(homes["household"], return_inverse=True)[1]


def _some_day(spec: WorldSpec, group: Cohort, what: str, share: float) -> Array:
    """The day on which something befalls a person: a share of them a year."""
    draw = rng(spec.seed, what, group.number)
    watched = np.maximum(group.joined, number(spec.first_date) - YEAR + 1)
    days = draw.exponential(YEAR / -np.log1p(-share), group.size).astype(np.int64)
    return np.minimum(watched + 1 + days, NEVER)


def _numbers(spec: WorldSpec, countries: Array, known: dict[str, int]) -> Array:
    out = np.empty(len(countries), object)
    for iso in sorted(set(countries.tolist())):
        at = np.flatnonzero(countries == iso)
        starts, digits = COUNTRIES[iso].mobile
        code, given = COUNTRIES[iso].calling_code, known.get(iso, 0)
        known[iso] = given + len(at)
        places = scatter(given + np.arange(len(at)), len(starts) * 10**digits, spec.seed, iso)
        head, tail = places // 10**digits, places % 10**digits
        out[at] = [
            f"+{code}{starts[h]}{t:0{digits}d}" for h, t in zip(head.tolist(), tail.tolist(), strict=True)
        ]
    return out


def _places(draw: np.random.Generator, homes: Rows, people: Array) -> tuple[Array, Array, Array]:
    n = int(people.max(initial=-1)) + 1
    chance, numbers = draw.random((n, 4)), draw.integers(0, 10**9, n)
    known: dict[int, tuple[str, str, str]] = {}
    for i in people.tolist():
        if i not in known:
            known[i] = _place(str(homes["country"][i]), chance[i].tolist(), int(numbers[i]))
    rows = [known[i] for i in people.tolist()]
    return texts([r[0] for r in rows]), texts([r[1] for r in rows]), texts([r[2] for r in rows])


def _place(iso: str, chance: list[float], digits: int) -> tuple[str, str, str]:
    country = COUNTRIES[iso]
    ways, streets = (part for part in STREETS["GB" if iso in ("GB", "IE", "AU", "ZA") else country.culture])
    way, names = ways.split("|"), streets.split()
    street = way[int(chance[0] * len(way))].format(
        n=1 + int(150 * chance[1] ** 2),
        m=1 + digits % 40,
        s=names[int(chance[2] ** 1.5 * len(names))].replace("_", " "),
    )
    post, letters = "", "ABCDEFGHJKLNPRSTUWY"
    for c in country.postcode:
        digits = (digits * 69069 + 12345) % 2**31
        bits = digits >> 12
        post += str(1 + bits % 9) if c == "9" else letters[bits % len(letters)] if c == "A" else c
    return street, post, country.cities[int(chance[3] ** 1.4 * len(country.cities))]
