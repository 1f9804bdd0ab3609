"""The world is no easier than was fixed: rates realised on 50,000 people, and on what systems hold of 5,000.

A realised rate may lie below the one that is fixed by a tenth, or by three standard errors, not more.
"""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from include.sandbox.world import WorldSpec, build_history, build_people
from include.sandbox.world.calendar import number
from include.sandbox.world.dress import CONTACT, STORE_CARD, STORE_PLAIN, dress
from include.sandbox.world.mail_names import CANONICAL, mailbox
from include.sandbox.world.names import latin, plain
from include.sandbox.world.population import NEVER

SPEC = WorldSpec(seed=11, people=50_000)
LAST = number(SPEC.first_date)
START = LAST - 364
EVERYBODY = np.arange(SPEC.people)
Measured = dict[str, tuple[float, int, float]]


def assert_hard_enough(name: str, hits: float, trials: int, rate: float) -> None:
    """Fail if the realised rate lies further below than the world allows."""
    assert trials >= 300, f"{name}: measured on {trials} cases only"
    allowed = max(0.1 * rate, 3 * (rate * (1 - rate) / trials) ** 0.5)
    assert hits / trials >= rate - allowed, f"{name}: {hits / trials:.4f} of {trials}, fixed at {rate}"


@pytest.fixture(scope="module")
def people():
    return build_people(SPEC)


@pytest.fixture(scope="module")
def receipts(people):
    return dress(people, EVERYBODY, np.full(SPEC.people, LAST), STORE_CARD, np.random.default_rng(1))


@pytest.fixture(scope="module")
def world():
    return build_history(WorldSpec(seed=11, people=5_000))


def pairs(written, true) -> Iterator[tuple[str, str]]:
    return ((w, t) for w, t in zip(written.tolist(), true.tolist(), strict=True) if w is not None)


def share(marks) -> tuple[float, int]:
    marks = list(marks)
    return sum(marks), len(marks)


def is_personal(address: str | None) -> bool:
    return address is not None and not re.match(r"(noreply|none|info)@", address)


def test_addresses_are_written_in_many_ways(people, receipts):
    persons = people.persons
    boxes = {mailbox(a) for c in ("email", "second_email", "family_email") for a in persons[c] if a}
    canonical = {mailbox(a): a for c in ("email", "second_email", "family_email") for a in persons[c] if a}
    written = [a for a in receipts["email"] if is_personal(a)]
    assert {mailbox(a) for a in written} <= boxes

    def local(address):
        return address.strip().lower().partition("@")[0].partition("+")[0]

    def domain(address):
        return address.strip().lower().partition("@")[2]

    def is_respelled(address):
        true = canonical[mailbox(address)]
        aliased = domain(address) in CANONICAL and domain(address) != "googlemail.com"
        return aliased or local(address) != local(true)

    n = len(written)
    for name, hits, rate in (
        ("dots or provider", sum(map(is_respelled, written)), 0.15),
        ("tag", sum("+" in a for a in written), 0.07),
        ("capitals", sum(a != a.lower() for a in written), 0.12),
        ("blanks", sum(a != a.strip() for a in written), 0.08),
        ("googlemail", sum(domain(a) == "googlemail.com" for a in written), 0.03),
    ):
        assert_hard_enough(name, hits, n, rate)


def test_people_give_their_second_and_their_familys_address(people, receipts):
    persons = people.persons
    given = np.array([is_personal(a) for a in receipts["email"]])
    box = np.array([mailbox(a) if a else "" for a in receipts["email"]], object)
    for column, rate in (("second_email", 0.35), ("family_email", 0.03)):
        has = given & np.array([a is not None for a in persons[column]])
        hits = sum(b == mailbox(a) for b, a in zip(box[has], persons[column][has], strict=True))
        assert_hard_enough(column, hits, int(has.sum()), rate)
    assert_hard_enough("two addresses", *share(a is not None for a in persons["second_email"]), 0.30)


@pytest.mark.parametrize("carries", [STORE_CARD, STORE_PLAIN])
def test_stores_write_values_that_are_nobodys(people, carries):
    rows = dress(people, EVERYBODY, np.full(SPEC.people, LAST), carries, np.random.default_rng(2))
    n = SPEC.people
    for name, column, beginning, rate in (
        ("noreply", "email", "noreply@", 0.006), ("none", "email", "none@none.com", 0.003),
        ("company", "email", "info@", 0.007), ("zeros", "phone", "0000000000", 0.004),
        ("counting", "phone", "1234567890", 0.002),
    ):  # fmt: skip
        hits = sum(bool(v) and v.startswith(beginning) for v in rows[column])
        assert_hard_enough(name, hits, n, rate)


@pytest.mark.parametrize("carries", [STORE_CARD, CONTACT])
def test_records_carry_no_more_than_the_table_says(people, carries):
    rows = dress(people, EVERYBODY, np.full(SPEC.people, LAST), carries, np.random.default_rng(3))
    most = {"email": 0.55 + 0.016, "phone": 0.75 + 0.006, "street": 0.70, "birth_date": 0.80}
    for column, limit in most.items():
        realised = np.mean([v is not None for v in rows[column]])
        assert 0.9 * limit < realised < limit + 3 * (0.25 / SPEC.people) ** 0.5, column


def test_telephones_come_in_six_formats(people, receipts):
    shapes = {
        "international": r"\+\d+$", "spaced": r"\+\d+ \d+ [\d ]+$", "00": r"00[1-9]\d+$",
        "punctuated": r"\(\d+\) \d+-\d*$", "trunk in brackets": r"\+\d+ \(0\)\d+$|\d{1,3}\.\d+\.\d*$",
        "national": r"[0-9]\d+$",
    }  # fmt: skip
    given = [p for p in receipts["phone"] if p and p not in ("0000000000", "1234567890")]
    found = dict.fromkeys(shapes, 0)
    for phone in given:
        found[next(name for name, shape in shapes.items() if re.match(shape, phone))] += 1
    assert min(found.values()) > 0.12 * len(given), found


def test_households_share_a_telephone(people, receipts):
    persons = people.persons
    larger = persons["household_size"] > 1
    assert_hard_enough("shared", *share(p is not None for p in persons["home_phone"][larger]), 0.30)
    digits = [(re.sub(r"\D", "", w), t) for w, t in pairs(receipts["phone"], persons["home_phone"]) if t]
    assert_hard_enough("given", *share(w.endswith(t[-6:]) for w, t in digits), 0.40)


def test_names_are_mistyped_recased_and_shortened(people, receipts):
    persons = people.persons
    married = persons["surname_day"] <= LAST
    last = [(w, t) for w, t in pairs(receipts["last_name"][~married], persons["last_name"][~married])]
    first = list(pairs(receipts["first_name"], persons["first_name"]))
    simple = [(w, t) for w, t in last if t == plain(t) == latin(t)]
    assert_hard_enough("typing errors", *share(w.lower() != t.lower() for w, t in simple), 0.07)
    simple = [(w, t) for w, t in first if t == plain(t) == latin(t)]
    both = 1 - (1 - 0.18) * (1 - 0.07)
    assert_hard_enough("nickname or typing error", *share(w.lower() != t.lower() for w, t in simple), both)
    foreign = [(w, t) for w, t in first if t != plain(t) or t != latin(t)]
    assert_hard_enough("another spelling", *share(w.lower() != latin(t).lower() for w, t in foreign), both)
    long = [w for w, _ in [*last, *first] if len(w) > 2]
    assert_hard_enough("capitals or lower case", *share(w.isupper() or w.islower() for w in long), 0.20)
    accented = [(w, t) for w, t in last if t == latin(t) and t != plain(t)]
    assert_hard_enough("accents lost", *share(w == plain(w) for w, t in accented), 0.10)


def test_birth_dates_streets_and_postcodes_are_written_badly(people, receipts):
    persons = people.persons
    moved = persons["move_day"] <= LAST
    stayed = {name: values[~moved] for name, values in receipts.items()}
    born = persons["birth_day"].astype("datetime64[D]").astype(str).astype(object)
    dates = [(np.datetime64(w), np.datetime64(t)) for w, t in pairs(receipts["birth_date"], born)]
    assert_hard_enough("a day off", *share(abs(int((w - t).astype(int))) == 1 for w, t in dates), 0.03)
    assert_hard_enough(
        "January", *share(str(w)[5:] == "01-01" for w, t in dates if str(t)[5:] != "01-01"), 0.02
    )
    streets = pairs(stayed["street"], persons["street"][~moved])
    folded = ((plain(w).lower(), plain(latin(t)).lower()) for w, t in streets)
    assert_hard_enough("abbreviated", *share(w != t for w, t in folded), 0.30)
    carried = [street is not None for street in stayed["street"]]
    codes = list(zip(stayed["postcode"][carried], persons["postcode"][~moved][carried], strict=True))
    assert_hard_enough("no postcode", *share(w is None for w, _ in codes), 0.03)
    assert_hard_enough("postcode otherwise", *share(w is not None and w != t for w, t in codes), 0.17)


def test_lives_change_within_the_year(people):
    persons = people.persons
    for column, rate in (("move_day", 0.03), ("phone_day", 0.04), ("surname_day", 0.02)):
        day = persons[column]
        assert_hard_enough(column, *share(((day >= START) & (day <= LAST)).tolist()), rate)
    old = persons["phone"][persons["phone_day"] <= LAST]
    later = set(persons["new_phone"].tolist())
    assert_hard_enough("reassigned", *share(number in later for number in old), 0.25)
    holders = persons["card_day"] < NEVER
    lent = np.isin(EVERYBODY[holders], persons["borrows_card_of"])
    assert_hard_enough("lent cards", *share(lent.tolist()), 0.01)


def test_sessions_use_kiosks_and_family_devices(world):
    events = world.tables["shop", "web_events"].select(["session_id", "device_id", "cookie_id"]).to_pandas()
    visits = events.dropna(subset=["session_id"]).drop_duplicates("session_id")
    kiosk = visits["device_id"].fillna("").str.startswith("kiosk-")
    assert_hard_enough("kiosk", kiosk.sum(), len(visits), 0.004)
    whose = world.truth_records.to_pandas().query("stream == 'web_events'")
    sizes = dict(zip(world.people.persons["person_id"], world.people.persons["household_size"], strict=True))
    members = whose[whose["person_id"].map(sizes) > 1]["record_key"]
    mine = visits[visits["session_id"].isin(members)]
    assert_hard_enough("family", mine["cookie_id"].str.startswith("ck-fam").sum(), len(mine), 0.06)


def test_sessions_and_accounts_tell_no_more_than_the_table_says(world):
    events = world.tables["shop", "web_events"].to_pandas().groupby("session_id").agg("first")
    for column, most in (("email", 0.45), ("loyalty_id", 0.10), ("device_id", 0.66)):
        assert 0.8 * most < events[column].notna().mean() < most + 0.015, column
    accounts = world.tables["shop", "customers"].to_pandas()
    for column, most in (("loyalty_id", 0.35), ("phone", 0.61), ("device_id", 0.5), ("birth_date", 0.2)):
        assert 0.75 * most < accounts[column].notna().mean() < most + 0.03, column


@pytest.mark.parametrize(
    ("stream", "key", "event"),
    [
        (("stores", "receipts"), ["receipt_id"], "sold_at"),
        (("shop", "web_events"), ["event_id"], "occurred_at"),
        (("shop", "carts"), ["cart_id"], "created_at"),
        (("crm", "consents"), ["consent_event_id"], "occurred_at"),
        (("email", "events"), ["event_id"], "occurred_at"),
    ],
)
def test_rows_come_late_twice_corrected_or_broken(world, stream, key, event):
    rows = world.tables[stream].to_pandas()
    n = len(rows)
    first = rows.dropna(subset=[*key, event]).sort_values("_visible_at").drop_duplicates(key)
    wait = (first["_visible_at"] - first[event]).dt.total_seconds() / 86_400
    assert_hard_enough("late", (wait >= 0.999).sum(), len(first), 0.04)
    assert_hard_enough("very late", (wait >= 3.0).sum(), len(first), 0.003)
    assert_hard_enough("twice", (rows["_copies"] == 2).sum(), n, 0.01)
    assert_hard_enough("broken", rows["_broken"].notna().sum(), n, 0.002)
    assert_hard_enough("corrected", rows.dropna(subset=key).duplicated(key).sum(), len(first), 0.01)


def test_consent_is_given_withdrawn_and_erased(world):
    rows = world.tables["crm", "consents"].to_pandas().drop_duplicates("consent_event_id")
    asked = (
        np.minimum.reduce([world.people.persons[c] for c in ("card_day", "account_day", "newsletter_day")])
        < NEVER
    )
    granted = rows[rows["status"] == "granted"].groupby(["purpose", "channel"]).size() / asked.sum()
    assert len(granted) == 10
    assert granted.between(0.55, 0.85).all(), granted
    counts = rows["status"].value_counts()
    assert_hard_enough("withdrawn", counts["withdrawn"], counts["granted"], 0.09)
    assert_hard_enough("erasure", counts["erasure_requested"], int(asked.sum()), 0.005)


def test_the_population_is_made_up_as_fixed(people):
    persons = people.persons
    expected = {"GB": 0.30, "US": 0.15, "FR": 0.25, "DE": 0.15}
    for country, rate in expected.items():
        assert abs(np.mean(persons["country"] == country) - rate / 1.0) < 0.02, country
    assert abs(np.mean(np.isin(persons["country"], ["RU", "KZ"])) - 0.10) < 0.01
    assert len(set(persons["time_zone"].tolist())) >= 16
    for column, rate in (("card_day", 0.62), ("account_day", 0.50), ("newsletter_day", 0.45)):
        assert abs(np.mean(persons[column] < NEVER) - rate) < 0.01, column
    assert np.bincount(people.device_count, minlength=4)[1:].min() > 0.1 * SPEC.people
    joined = persons["joined"]
    assert joined.max() <= LAST
    assert abs(np.mean(joined >= START) - 0.40) < 0.01
    homes, sizes = np.unique(persons["household"], return_counts=True)
    assert np.allclose(np.bincount(sizes)[1:5] / len(homes), [4 / 6, 1 / 6, 0, 1 / 6])
    others = (persons["household_size"] > 1) & (persons["culture"] != "RU")
    mates = others[:-1] & (persons["household"][1:] == persons["household"][:-1])
    same = (persons["last_name"][1:] == persons["last_name"][:-1])[mates].mean()
    assert 0.70 < same < 0.90


def test_common_names_collide(people):
    full = list(zip(people.persons["first_name"], people.persons["last_name"], strict=True))
    assert len(set(full)) < 0.95 * len(full)
