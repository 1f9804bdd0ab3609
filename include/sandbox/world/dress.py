"""A person as one record shows them: which details it carries, and how they came to be written."""

from dataclasses import dataclass

import numpy as np

from include.sandbox.world import noise_contact, noise_text
from include.sandbox.world.noise_contact import HOME_PHONE_USED
from include.sandbox.world.people import People
from include.sandbox.world.spec import Array, Rows, given, only


@dataclass(frozen=True)
class Carries:
    """The share of a system's records that carry each detail; `script`: `own`, or `latin` for all."""

    email: float = 0.0
    phone: float = 0.0
    name: float = 0.0
    address: float = 0.0
    birth: float = 0.0
    script: str = "own"
    is_store: bool = False


DETAILS = ("email", "phone", "name", "address", "birth")
STORE_CARD = Carries(email=0.55, phone=0.75, name=1, address=0.70, birth=0.80, script="latin", is_store=True)
STORE_PLAIN = Carries(email=0.20, phone=0.20, script="latin", is_store=True)
ACCOUNT = Carries(phone=0.60, name=1, address=0.60, birth=0.20)
CONTACT = Carries(email=0.55, phone=0.75, name=1, address=0.70, birth=0.80)
SUBSCRIBER = Carries(email=1, name=0.40, script="latin")
GUEST = Carries(email=1, phone=0.50, name=1)


def dress(people: People, who: Array, days: Array, carries: Carries, draw: np.random.Generator) -> Rows:
    """Columns email, phone, first_name, last_name, street, postcode, city, country, birth_date.

    `who` are rows of `people.persons`, `days` when each record was written: people move, marry
    and change their number in between.
    """
    n, persons = len(who), people.persons
    has = {name: draw.random(n) < getattr(carries, name) for name in DETAILS}
    rows: Rows = {"country": persons["country"][who]}
    if carries.email:
        rows["email"] = _address(people, who, has["email"], carries, draw)
    if carries.phone:
        numbers = noise_contact.spell_phones(telephone_of(people, who, days, draw), rows["country"], draw)
        rows["phone"] = noise_contact.blur_phones(only(has["phone"], numbers), draw)
    if carries.name:
        first, last = persons["first_name"][who], surname_of(people, who, days)
        rows["first_name"] = only(has["name"], noise_text.first_names(first, carries.script, draw))
        rows["last_name"] = only(has["name"], noise_text.last_names(last, carries.script, draw))
    if carries.address:
        rows |= {k: only(has["address"], v) for k, v in _home(people, who, days, carries, draw).items()}
    if carries.birth:
        rows["birth_date"] = only(has["birth"], noise_text.birth_dates(persons["birth_day"][who], draw))
    return rows


def _address(people: People, who: Array, has: Array, carries: Carries, draw: np.random.Generator) -> Array:
    written = only(has, noise_contact.spell_mail(people.address_of(who, draw), draw))
    if carries.email == 1:  # the system checks it
        return written
    return noise_contact.blur_mail(written, who, draw, carries.is_store)


def telephone_of(people: People, who: Array, days: Array, draw: np.random.Generator) -> Array:
    """The number (E.164) each of `who` gives on a day: their own, or the one their household shares."""
    persons = people.persons
    own = np.where(days >= persons["phone_day"][who], persons["new_phone"][who], persons["phone"][who])
    home = persons["home_phone"][who]
    return np.where(given(home) & (draw.random(len(who)) < HOME_PHONE_USED), home, own)


def surname_of(people: People, who: Array, days: Array) -> Array:
    """The last name of each of `who` on a day, in their own script."""
    persons = people.persons
    is_new = days >= persons["surname_day"][who]
    return np.where(is_new, persons["new_last_name"][who], persons["last_name"][who])


def _home(people: People, who: Array, days: Array, carries: Carries, draw: np.random.Generator) -> Rows:
    persons, moved = people.persons, days >= people.persons["move_day"][who]
    now = {
        name: np.where(moved, persons[f"new_{name}"][who], persons[name][who])
        for name in ("street", "postcode", "city")
    }
    cities = noise_text.streets(now["city"], carries.script, draw)
    return {
        "street": noise_text.streets(now["street"], carries.script, draw),
        "postcode": noise_text.postcodes(now["postcode"], persons["country"][who], draw),
        "city": cities,
    }
